/**
 * A process of the BullMQ load: a publisher (closed loops of addBulk) or a worker. It gets its
 * options as JSON in the first argument and reports over the channel to the process that forked it.
 *
 *   publisher   publishes until it is done ──▶ published, and ends
 *   worker      ready ──▶ completed (20 times a second) … until told to stop ──▶ worked, and ends
 */
import { Queue, Worker } from "bullmq";
import { Histogram } from "../../src/cli/bench/histogram.ts";
import { pacer } from "../../src/cli/bench/pacer.ts";
import { percentiles } from "../../src/cli/bench/percentiles.ts";
import type { Percentiles } from "../../src/cli/bench/bench-result.ts";
import { Tally } from "../../src/cli/bench/tally.ts";

export interface ClientOptions {
  readonly role: "publisher" | "worker";
  readonly port: number;
  readonly queue: string;
  /** Loops that add one batch after another. */
  readonly publishers: number;
  readonly batch: number;
  readonly payloadBytes: number;
  readonly delayMs: number;
  readonly sameDue: boolean;
  readonly durationMs: number;
  readonly events: number;
  readonly rate: number;
  /** Jobs a worker process has in hand. */
  readonly concurrency: number;
  readonly autoPipelining: boolean;
}

export interface PublishedReport {
  readonly kind: "published";
  readonly events: number;
  readonly calls: number;
  readonly startedAt: number;
  readonly publishedAt: number;
  readonly dueAt: number;
  readonly latencyMs: Percentiles;
}

export interface WorkedReport {
  readonly kind: "worked";
  /** Of every job that was handed out, in this order: its number, and due to received in ms. */
  readonly numbers: readonly number[];
  readonly lags: readonly number[];
  readonly completed: number;
  readonly lastAckAt: number;
}

export type ClientReport =
  | PublishedReport
  | WorkedReport
  | { readonly kind: "ready" }
  | { readonly kind: "completed"; readonly completed: number };

interface JobData {
  readonly number: number;
  readonly due: number;
  readonly payload: string;
  readonly meta: Readonly<Record<string, string>>;
}

const reportMs = 50;
const meta = { source: "bench", tenant: "tenant-07", trace: "0af7651916cd43dd8448eb211c80319c" };

async function publish(options: ClientOptions): Promise<PublishedReport> {
  const queue = new Queue<JobData>(options.queue, { connection: connection(options) });
  await queue.waitUntilReady();
  const tally = new Tally();
  const latency = new Histogram();
  const startedAt = Date.now();
  const dueAt = startedAt + options.delayMs;
  const payload = "x".repeat(options.payloadBytes);
  const next = pacer(options, tally);
  let calls = 0;
  const loop = async (): Promise<void> => {
    for (let more = next(); await more; more = next()) {
      const first = tally.take(options.batch);
      const start = performance.now();
      const now = Date.now();
      const due = options.sameDue ? dueAt : now + options.delayMs;
      const jobs = Array.from({ length: options.batch }, (_, i) => ({
        name: "event",
        data: { number: first + i, due, payload, meta },
        opts: { jobId: `event-${first + i}`, delay: Math.max(0, due - now), timestamp: now },
      }));
      await queue.addBulk(jobs);
      latency.record(performance.now() - start);
      tally.markStored(first, options.batch);
      calls++;
    }
  };
  await Promise.all(Array.from({ length: options.publishers }, loop));
  const publishedAt = Date.now();
  await queue.close();
  const times = { startedAt, publishedAt, dueAt, latencyMs: percentiles(latency) };
  return { kind: "published", events: tally.stored, calls, ...times };
}

async function work(options: ClientOptions): Promise<WorkedReport> {
  const numbers: number[] = [];
  const lags: number[] = [];
  let completed = 0;
  let lastAckAt = 0;
  const worker = new Worker<JobData>(
    options.queue,
    async ({ data }) => {
      numbers.push(data.number);
      lags.push(Date.now() - data.due);
    },
    {
      connection: connection(options),
      concurrency: options.concurrency,
      removeOnComplete: { count: 0 },
    },
  );
  worker.on("completed", () => {
    completed++;
    lastAckAt = Date.now();
  });
  await worker.waitUntilReady();
  await report({ kind: "ready" });
  const timer = setInterval(() => void report({ kind: "completed", completed }), reportMs);
  await new Promise((resolve) => process.once("message", resolve));
  clearInterval(timer);
  await worker.close();
  return { kind: "worked", numbers, lags, completed, lastAckAt };
}

function connection({ port, autoPipelining: enableAutoPipelining }: ClientOptions) {
  return { host: "127.0.0.1", port, maxRetriesPerRequest: null, enableAutoPipelining };
}

/** Resolves when the message is out: disconnect() cuts off what is not. */
function report(message: ClientReport): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

if (process.argv[1] === import.meta.filename) {
  const options = JSON.parse(process.argv[2] ?? "") as ClientOptions;
  await report(await (options.role === "publisher" ? publish(options) : work(options)));
  process.disconnect();
}
