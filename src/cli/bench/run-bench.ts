/**
 * `cronosdb bench`: publishes to a running server, receives and acknowledges everything, and tells
 * how fast, how late, and whether anything was lost, early or received twice. It starts nothing
 * itself and runs in a process of its own.
 *
 *   prepare ──▶ publish ──(time or events are up)──▶ wait for the rest ──▶ clean up
 */
import { randomBytes } from "node:crypto";
import type { CronosError } from "../../base/errors.ts";
import { bytesField, varintField } from "../../base/protobuf.ts";
import type { BenchOptions } from "./bench-options.ts";
import type { BenchReporter, BenchResult } from "./bench-result.ts";
import { GrpcConnection, framed } from "./grpc-connection.ts";
import { Histogram } from "./histogram.ts";
import { pacer } from "./pacer.ts";
import { percentiles } from "./percentiles.ts";
import type { PublishJob } from "./publisher.ts";
import { publishCalls, publishStream } from "./publisher.ts";
import { Subscriber } from "./subscriber.ts";
import { Tally } from "./tally.ts";

const progressMs = 1_000;

/** Events that do not come for so long after the last one, all being due, are lost. */
const patienceMs = 15_000;

/** Runs a workload to its end. Rejects when the server cannot be reached or a stream breaks. */
export async function runBench(
  options: BenchOptions,
  reporter: BenchReporter,
): Promise<BenchResult> {
  const bench = new Bench(options, reporter);
  try {
    return await bench.run();
  } finally {
    bench.close();
  }
}

class Bench {
  readonly #options: BenchOptions;
  readonly #reporter: BenchReporter;
  readonly #run = randomBytes(3).toString("hex");
  readonly #topic = `bench-${this.#run}`;
  readonly #tally = new Tally();
  readonly #latency = new Histogram();
  readonly #lag = new Histogram();
  readonly #connections: GrpcConnection[] = [];
  readonly #subscribers: Subscriber[] = [];
  #failure: CronosError | undefined;
  #lastProgress = { at: 0, stored: 0, received: 0, acknowledged: 0 };

  constructor(options: BenchOptions, reporter: BenchReporter) {
    this.#options = options;
    this.#reporter = reporter;
  }

  async run(): Promise<BenchResult> {
    await this.#prepare();
    const startedAt = Date.now();
    const dueAt = startedAt + this.#options.delayMs;
    const job: PublishJob = {
      options: this.#options,
      run: this.#run,
      topic: this.#topic,
      tally: this.#tally,
      latency: this.#latency,
      dueAt: () => (this.#options.sameDue ? dueAt : Date.now() + this.#options.delayMs),
      next: pacer(this.#options, this.#tally),
      calls: 0,
      refused: 0,
      failures: 0,
      lastFailure: undefined,
    };
    this.#lastProgress = { ...this.#lastProgress, at: startedAt };
    const progress = setInterval(() => this.#progress(startedAt), progressMs);
    try {
      await this.#publish(job);
      const publishedAt = Date.now();
      await this.#waitForTheRest();
      const drainFrom = this.#options.sameDue ? Math.max(dueAt, publishedAt) : startedAt;
      return this.#result({ job, startedAt, publishedAt, drainFrom });
    } finally {
      clearInterval(progress);
      if (!this.#options.keepTopic) await this.#deleteTopic();
    }
  }

  close(): void {
    for (const each of [...this.#subscribers, ...this.#connections]) each.close();
  }

  async #prepare(): Promise<void> {
    const { address, connections, subscribers, credits, partitions } = this.#options;
    for (let i = 0; i < connections; i++) {
      this.#connections.push(await GrpcConnection.open(address));
    }
    if (partitions > 0) {
      const request = Buffer.concat([bytesField(1, this.#topic), varintField(2, partitions)]);
      await this.#call("/cronos_db.TopicService/ConfigureTopic", request);
    }
    for (let i = 0; i < subscribers; i++) {
      const subscriber = await Subscriber.open({
        address,
        topic: this.#topic,
        run: this.#run,
        credits,
        tally: this.#tally,
        lag: this.#lag,
        failed: (failure) => (this.#failure ??= failure),
      });
      this.#subscribers.push(subscriber);
    }
  }

  async #publish(job: PublishJob): Promise<void> {
    const publish = this.#options.call === "stream" ? publishStream : publishCalls;
    await Promise.all(
      Array.from({ length: this.#options.publishers }, (_, index) => {
        const connection = this.#connections[index % this.#connections.length];
        return connection === undefined ? undefined : publish(job, connection);
      }),
    );
    this.#throwFailure();
    if (this.#tally.stored === 0 && job.lastFailure !== undefined) throw job.lastFailure;
  }

  /** Until everything stored is received and acknowledged, or nothing comes any more. */
  async #waitForTheRest(): Promise<void> {
    if (this.#subscribers.length === 0) return;
    let progressAt = Date.now() + this.#options.delayMs;
    let last = -1;
    for (;;) {
      this.#throwFailure();
      const acknowledged = this.#acknowledged();
      const isAll = this.#tally.received >= this.#tally.stored;
      if (isAll && acknowledged >= this.#tally.received) return;
      if (acknowledged + this.#tally.received !== last) {
        last = acknowledged + this.#tally.received;
        progressAt = Math.max(progressAt, Date.now());
      } else if (Date.now() - progressAt > patienceMs) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #acknowledged(): number {
    return this.#subscribers.reduce((sum, each) => sum + each.acknowledged, 0);
  }

  #progress(startedAt: number): void {
    const now = Date.now();
    const { stored, received } = this.#tally;
    const acknowledged = this.#acknowledged();
    const before = this.#lastProgress;
    const perSecond = (count: number): number => (count * 1000) / Math.max(1, now - before.at);
    this.#reporter.progress({
      elapsedMs: now - startedAt,
      stored,
      received,
      acknowledged,
      storedPerSecond: perSecond(stored - before.stored),
      receivedPerSecond: perSecond(received - before.received),
      acknowledgedPerSecond: perSecond(acknowledged - before.acknowledged),
    });
    this.#lastProgress = { at: now, stored, received, acknowledged };
  }

  #result(times: {
    readonly job: PublishJob;
    readonly startedAt: number;
    readonly publishedAt: number;
    readonly drainFrom: number;
  }): BenchResult {
    const { job, startedAt, publishedAt, drainFrom } = times;
    const tally = this.#tally;
    const lastAckAt = Math.max(0, ...this.#subscribers.map((each) => each.lastAckAt));
    // Events wait for delayMs before anybody can have them: that time is not the server's.
    const firstDueAt = this.#options.sameDue ? drainFrom : startedAt + this.#options.delayMs;
    return {
      options: this.#options,
      published: {
        events: tally.stored,
        calls: job.calls,
        refused: job.refused,
        failures: job.failures,
        ms: publishedAt - startedAt,
        perSecond: rate(tally.stored, publishedAt - startedAt),
        latencyMs: percentiles(this.#latency),
      },
      delivered: {
        events: tally.received,
        acknowledged: this.#acknowledged(),
        ackRefused: this.#subscribers.reduce((sum, each) => sum + each.refused, 0),
        ms: Math.max(0, lastAckAt - firstDueAt),
        perSecond: rate(this.#acknowledged(), lastAckAt - firstDueAt),
        lagMs: percentiles(this.#lag),
      },
      lost: this.#subscribers.length === 0 ? 0 : tally.lost(),
      early: tally.early,
      duplicates: tally.duplicates,
      foreign: tally.foreign,
    };
  }

  async #deleteTopic(): Promise<void> {
    for (const subscriber of this.#subscribers) subscriber.close();
    const request = bytesField(1, this.#topic);
    // A server that is gone took the topic's fate with it.
    await this.#call("/cronos_db.TopicService/DeleteTopic", request).catch(() => undefined);
  }

  async #call(path: string, request: Buffer): Promise<void> {
    await this.#connections[0]?.call(path, framed(request));
  }
}

function rate(count: number, ms: number): number {
  return ms <= 0 ? 0 : (count * 1000) / ms;
}
