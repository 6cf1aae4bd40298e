/**
 * Many pending events in a server: memory while loading, ready after kill -9. --events 1000000
 *
 *   load      batches of 500 events of 256 B and 3 meta keys, due between 1 h and 30 days from now,
 *             over gRPC, 4 batches at a time
 *   kill      SIGKILL right behind the last acknowledgement
 *   restart   from the start of the process to the line that says it is ready, and to an answer
 *   check     a sample of the events published again: all of them must be duplicates
 *
 * Memory is the resident set of the server process (Linux): all of it, and the part that is not
 * pages of files (the base tree is mapped; those pages are the system's to take back).
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connect } from "../src/client/connect.ts";
import type { RemoteDatabase } from "../src/client/connect.ts";
import type { EventInput } from "../src/engine/events-api.ts";
import { ServerProcess } from "../test/support/server-process.ts";

const topic = "pending";
const batchSize = 500;
const batchesAtOnce = 4;
const hourMs = 3_600_000;
const spreadMs = 30 * 24 * hourMs;
const sampleSize = 1000;
/** What the sampled memory is when nothing happens any more. */
const idleMs = 3_000;

const meta = { source: "bench", tenant: "tenant-07", trace: "0af7651916cd43dd8448eb211c80319c" };

/** Megabytes of a process, from /proc. */
export interface Memory {
  readonly rss: number;
  readonly anonymous: number;
  readonly highest: number;
}

export interface PendingResult {
  readonly events: number;
  readonly publishedPerSecond: number;
  /** Right behind the load, and some idle seconds later. */
  readonly loaded: Memory;
  readonly idle: Memory;
  /** From the start of the process to its ready line; to the answer of a first query. */
  readonly readyMs: number;
  readonly answeredMs: number;
  readonly restarted: Memory;
  readonly restartedIdle: Memory;
  /** Of the sample that was published again. */
  readonly duplicates: number;
  readonly sampled: number;
  readonly pending: number;
}

/** Loads `count` events, kills the server, starts it again. */
export async function benchPending(
  count: number,
  options: { readonly idleMs?: number; readonly flags?: readonly string[] } = {},
): Promise<PendingResult> {
  const { flags = [] } = options;
  const directory = mkdtempSync(join(tmpdir(), "cronosdb-pending-"));
  const pause = () => sleep(options.idleMs ?? idleMs);
  let server = await ServerProcess.start(directory, flags);
  try {
    const start = performance.now();
    let db = await connect(server.ready.grpc ?? "");
    await load(db, count);
    const publishedPerSecond = Math.round(count / ((performance.now() - start) / 1000));
    const loaded = memoryOf(server.pid);
    await pause();
    const idle = memoryOf(server.pid);
    await db.close();
    await server.stop("SIGKILL");
    const restart = performance.now();
    server = await ServerProcess.start(directory, flags);
    const readyMs = performance.now() - restart;
    db = await connect(server.ready.grpc ?? "");
    const [info] = await db.events.listTopics();
    const answeredMs = performance.now() - restart;
    const restarted = memoryOf(server.pid);
    await pause();
    const restartedIdle = memoryOf(server.pid);
    const again = await publishSample(db, count);
    await db.close();
    const pending = info?.pending ?? 0;
    return {
      events: count,
      publishedPerSecond,
      loaded,
      idle,
      readyMs,
      answeredMs,
      restarted,
      restartedIdle,
      ...again,
      pending,
    };
  } finally {
    await server.stop("SIGKILL");
    rmSync(directory, { recursive: true });
  }
}

async function load(db: RemoteDatabase, count: number): Promise<void> {
  let next = 0;
  const publish = async (): Promise<void> => {
    while (next < count) {
      const first = next;
      next += batchSize;
      const length = Math.min(batchSize, count - first);
      await db.events.publishBatch(Array.from({ length }, (_, n) => eventOf(first + n)));
    }
  };
  await Promise.all(Array.from({ length: batchesAtOnce }, publish));
}

async function publishSample(
  db: RemoteDatabase,
  count: number,
): Promise<Pick<PendingResult, "duplicates" | "sampled">> {
  const step = Math.max(1, Math.floor(count / sampleSize));
  const events: EventInput[] = [];
  for (let n = 0; n < count; n += step) events.push(eventOf(n));
  const { duplicates } = await db.events.publishBatch(events);
  return { duplicates, sampled: events.length };
}

/** Due times are spread by a multiplicative hash: neighbours in the log are far apart in time. */
function eventOf(n: number): EventInput {
  const spread = (Math.imul(n, 2_654_435_761) >>> 0) / 2 ** 32;
  const at = Date.now() + hourMs + Math.floor(spread * spreadMs);
  return { topic, id: `pending-${n}`, at, payload: payloadOf(n), meta };
}

function payloadOf(n: number): Buffer {
  return Buffer.alloc(256, `payload ${n} `);
}

function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (field: string): number => {
    const kilobytes = new RegExp(`^${field}:\\s*(\\d+) kB`, "m").exec(status)?.[1];
    return Math.round((Number(kilobytes ?? 0) * 1024) / 1e6);
  };
  return { rss: megabytes("VmRSS"), anonymous: megabytes("RssAnon"), highest: megabytes("VmHWM") };
}

function print(result: PendingResult): void {
  const line = (name: string, text: string): void => console.log(`${name.padEnd(26)} ${text}`);
  const memory = ({ rss, anonymous, highest }: Memory): string =>
    `${rss} MB, ${anonymous} MB of it not files, highest ${highest} MB`;
  line("pending events", `${result.pending} of ${result.events}`);
  line("published", `${result.publishedPerSecond} events/s`);
  line("memory, loaded", memory(result.loaded));
  line("memory, idle", memory(result.idle));
  line("ready after kill -9", `${result.readyMs.toFixed(0)} ms`);
  line("first answer", `${result.answeredMs.toFixed(0)} ms`);
  line("memory, restarted", memory(result.restarted));
  line("memory, idle again", memory(result.restartedIdle));
  line("duplicates of the sample", `${result.duplicates} of ${result.sampled}`);
  console.log(JSON.stringify(result));
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { events: { type: "string", default: "1000000" } } });
  print(await benchPending(Number(values.events)));
}
