/** The parts of a real server: the machine's clock, the database in a directory, the listeners. */
import { CronosError } from "../base/errors.ts";
import type { EventsApi } from "../engine/events-api.ts";
import type { EngineStats } from "../engine/metrics.ts";
import { open } from "../engine/open.ts";
import { RealClock } from "../ports/real-clock.ts";
import type { ServerConfig } from "./config/server-config.ts";
import { listeners } from "./listeners.ts";
import type { EngineReports, ServerEngine, ServerParts } from "./server.ts";

export function serverParts(): Omit<ServerParts, "log"> {
  return { clock: new RealClock(), listeners, openEngine };
}

async function openEngine(
  { dataDir, engine: settings }: ServerConfig,
  reports: EngineReports,
): Promise<ServerEngine> {
  const engine = await open(dataDir, { settings, ...reports });
  return {
    events: withRest(engine.events),
    encoded: engine.encoded,
    notWritable: () => engine.notWritable(),
    stats: async () => Object.assign({ ...noStats }, await engine.stats()),
    close: () => engine.close(),
  };
}

const noStats: EngineStats = {
  topics: 0,
  subscriptions: 0,
  schedules: 0,
  eventsPending: 0,
  eventsReady: 0,
  eventsInFlight: 0,
  deadLetters: 0,
  logBytes: 0,
  logSegments: 0,
  logFirstIndex: 0,
  logHeadIndex: 0,
  memtableBytes: 0,
  storeBytesOnDisk: 0,
  storeBytesUsed: 0,
  storeRows: 0,
};

/** Operations that the engine does not have answer UNAVAILABLE. */
function withRest(events: Partial<EventsApi>): EventsApi {
  const rest = { get: (target: Partial<EventsApi>, name: keyof EventsApi) => {
    const operation: unknown = target[name];
    if (typeof operation === "function") return operation.bind(target) as unknown;
    return () => Promise.reject(new CronosError("UNAVAILABLE", `No ${name} in this version`));
  } };
  return new Proxy(events, rest) as EventsApi;
}
