/** A database in memory in real time, whose log can be held back and made to fail. */
import { Engine } from "../../src/engine/engine.ts";
import { noMetrics } from "../../src/engine/metrics.ts";
import { engineSettings } from "../../src/engine/settings.ts";
import { MemoryLog } from "../../src/log/memory/memory-log.ts";
import { RealClock } from "../../src/ports/real-clock.ts";
import { RealRandom } from "../../src/ports/real-random.ts";
import { openMemoryTree } from "../../src/store/memory/memory-tree.ts";

export async function memoryEngine(clock = new RealClock()) {
  const log = new MemoryLog();
  const engine = await Engine.start({
    log,
    clock,
    base: openMemoryTree(),
    random: new RealRandom(),
    settings: engineSettings({}),
    metrics: noMetrics,
    warn: () => {},
    release: async () => {},
    freeBytes: async () => 0,
  });
  return { engine, log };
}
