/**
 * The embedded library in a process of its own: closed loops of publishBatch on an empty directory.
 * `measureLibrary` runs this file as a program and gives its figures.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Histogram } from "../../src/cli/bench/histogram.ts";
import { open } from "../../src/index.ts";
import { withDirectory } from "./cronosdb.ts";
import type { Figures } from "./figures.ts";

const program = fileURLToPath(import.meta.url);
const loops = 30;
const batch = 100;
const dueInMs = 3_600_000;
const payload = Buffer.alloc(256, "cronosdb");
const meta = { source: "bench", tenant: "tenant-07", trace: "0af7651916cd43dd8448eb211c80319c" };

/** Publishes for so long. */
export function measureLibrary(durationMs: number): Promise<Figures> {
  return withDirectory(async (directory) => {
    const child = fork(program, [directory, String(durationMs)]);
    const ended = once(child, "exit");
    const [figures] = (await Promise.race([once(child, "message"), ended])) as [Figures | number];
    if (typeof figures === "number") throw new Error(`The process ended with status ${figures}`);
    await ended;
    return figures;
  });
}

async function publish(directory: string, durationMs: number): Promise<Figures> {
  const db = await open(directory);
  const latency = new Histogram();
  const start = performance.now();
  let next = 0;
  let published = 0;
  const loop = async (): Promise<void> => {
    for (let now = start; now - start < durationMs; now = performance.now()) {
      const at = Date.now() + dueInMs;
      const events = Array.from({ length: batch }, () => {
        return { topic: "bench", id: `event-${next++}`, at, payload, meta };
      });
      const receipt = await db.events.publishBatch(events);
      published += receipt.published;
      latency.record(performance.now() - now);
    }
  };
  await Promise.all(Array.from({ length: loops }, loop));
  const publishedPerSecond = (published * 1000) / (performance.now() - start);
  await db.close();
  return { publishedPerSecond, callP99Ms: latency.percentile(0.99), wrong: next - published };
}

if (process.argv[1] === program) {
  const figures = await publish(process.argv[2] ?? "", Number(process.argv[3]));
  process.send?.(figures, () => process.disconnect());
}
