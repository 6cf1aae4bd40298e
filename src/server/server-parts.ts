/** The parts of a real server: the machine's clock, the database in a directory, the listeners. */
import { open } from "../engine/open.ts";
import { RealClock } from "../ports/real-clock.ts";
import { listeners } from "./listeners.ts";
import { sendPoints } from "./send-points.ts";
import type { ServerParts } from "./server.ts";

export function serverParts(): Omit<ServerParts, "log"> {
  return {
    clock: new RealClock(),
    listeners,
    openEngine: ({ dataDir, engine: settings }, reports) => {
      return open(dataDir, { settings, sendPoints, ...reports });
    },
  };
}
