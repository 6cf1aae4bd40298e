/** The parts of a real server: the machine's clock, the database in a directory, the listeners. */
import { CronosError } from "../base/errors.ts";
import type { EventsApi } from "../engine/events-api.ts";
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
    admin: engine.admin,
    notWritable: () => engine.notWritable(),
    stats: () => engine.stats(),
    close: () => engine.close(),
  };
}

/** Operations that the engine does not have answer UNAVAILABLE. */
function withRest(events: Partial<EventsApi>): EventsApi {
  const rest = {
    get: (target: Partial<EventsApi>, name: keyof EventsApi) => {
      const operation: unknown = target[name];
      if (typeof operation === "function") return operation.bind(target) as unknown;
      return () => Promise.reject(new CronosError("UNAVAILABLE", `No ${name} in this version`));
    },
  };
  return new Proxy(events, rest) as EventsApi;
}
