/**
 * The load of `cronosdb bench` on BullMQ: the same events, batches, due times and rates, published
 * by one process and worked off by others, and the same figures in the end.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { BenchOptions } from "../../src/cli/bench/bench-options.ts";
import type { BenchResult } from "../../src/cli/bench/bench-result.ts";
import { Histogram } from "../../src/cli/bench/histogram.ts";
import { percentiles } from "../../src/cli/bench/percentiles.ts";
import { Tally } from "../../src/cli/bench/tally.ts";
import type {
  ClientOptions,
  ClientReport,
  PublishedReport,
  WorkedReport,
} from "./bullmq-client.ts";

const program = fileURLToPath(new URL("./bullmq-client.js", import.meta.url));
const queue = "events";
/** Jobs that are due and do not come for so long are lost. */
const patienceMs = 15_000;

export interface BullmqTuning {
  /** Worker processes, and jobs that each has in hand. */
  readonly workers: number;
  readonly concurrency: number;
  /** ioredis sends what one turn of the event loop brings in one piece. */
  readonly autoPipelining: boolean;
}

/** Runs a load on the redis-server at `port`. Without subscribers nothing is worked off. */
export async function runBullmqLoad(
  port: number,
  options: BenchOptions,
  tuning: BullmqTuning,
): Promise<BenchResult> {
  const client = { ...options, ...tuning, port, queue };
  const count = options.subscribers === 0 ? 0 : tuning.workers;
  const workers = Array.from({ length: count }, () => new Client({ ...client, role: "worker" }));
  await Promise.all(workers.map((worker) => worker.next("ready")));
  const published = await new Client({ ...client, role: "publisher" }).next("published");
  await allCompleted(workers, published, options);
  const worked = await Promise.all(workers.map((worker) => worker.stop()));
  return result(options, published, worked);
}

/** A process of the load. */
class Client {
  completed = 0;
  readonly #child: ChildProcess;
  readonly #reports: ClientReport[] = [];

  constructor(options: ClientOptions) {
    this.#child = fork(program, [JSON.stringify(options)]);
    this.#child.on("message", (report: ClientReport) => {
      if (report.kind === "completed") this.completed = report.completed;
      else this.#reports.push(report);
    });
  }

  /** The next report, which is of this kind. */
  async next<K extends ClientReport["kind"]>(kind: K): Promise<ClientReport & { kind: K }> {
    for (;;) {
      const report = this.#reports.shift();
      if (isOfKind(report, kind)) return report;
      if (!this.#child.connected) throw new Error("A process of the BullMQ load ended early");
      // Unlike "exit", "disconnect" comes after the last message.
      await Promise.race([once(this.#child, "message"), once(this.#child, "disconnect")]);
    }
  }

  stop(): Promise<WorkedReport> {
    this.#child.send("stop");
    return this.next("worked");
  }
}

function isOfKind<K extends ClientReport["kind"]>(
  report: ClientReport | undefined,
  kind: K,
): report is ClientReport & { kind: K } {
  return report?.kind === kind;
}

async function allCompleted(
  workers: readonly Client[],
  published: PublishedReport,
  { delayMs }: BenchOptions,
): Promise<void> {
  let progressAt = published.publishedAt + delayMs;
  let last = 0;
  while (workers.length > 0) {
    const completed = workers.reduce((sum, worker) => sum + worker.completed, 0);
    if (completed >= published.events) return;
    if (completed !== last) progressAt = Math.max(progressAt, Date.now());
    if (Date.now() - progressAt > patienceMs) return;
    last = completed;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function result(
  options: BenchOptions,
  published: PublishedReport,
  worked: readonly WorkedReport[],
): BenchResult {
  const { startedAt, publishedAt, dueAt, events, calls, latencyMs } = published;
  const tally = new Tally();
  const lag = new Histogram();
  tally.markStored(tally.take(events), events);
  for (const { numbers, lags } of worked) {
    numbers.forEach((number, i) => tally.markReceived(number, (lags[i] ?? 0) < 0));
    for (const late of lags) lag.record(late);
  }
  const acknowledged = worked.reduce((sum, { completed }) => sum + completed, 0);
  const lastAckAt = Math.max(0, ...worked.map((each) => each.lastAckAt));
  // As in run-bench.ts: what waits to fall due is not the server's time.
  const firstDueAt = options.sameDue ? Math.max(dueAt, publishedAt) : startedAt + options.delayMs;
  const ackMs = Math.max(0, lastAckAt - firstDueAt);
  const perSecond = (count: number, ms: number): number => (ms === 0 ? 0 : (count * 1000) / ms);
  return {
    options,
    published: {
      events,
      calls,
      refused: 0,
      failures: 0,
      ms: publishedAt - startedAt,
      latencyMs,
      perSecond: perSecond(events, publishedAt - startedAt),
    },
    delivered: {
      events: tally.received,
      acknowledged,
      ackRefused: 0,
      ms: ackMs,
      perSecond: perSecond(acknowledged, ackMs),
      lagMs: percentiles(lag),
    },
    lost: worked.length === 0 ? 0 : tally.lost(),
    early: tally.early,
    duplicates: tally.duplicates,
    foreign: tally.foreign,
  };
}
