/** The parts of a real server: the machine's clock, the database in a directory, the listeners. */
import { open } from "../engine/open.ts";
import { RealClock } from "../ports/real-clock.ts";
import { listeners } from "./listeners.ts";
import type { ServerParts } from "./server.ts";

export function serverParts(): Omit<ServerParts, "log"> {
  return {
    clock: new RealClock(),
    listeners,
    openEngine: ({ dataDir, engine: settings }, reports) => open(dataDir, { settings, ...reports }),
  };
}
