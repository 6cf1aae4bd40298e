/**
 * Publishers: closed loops of calls, or a stream with a window of unanswered messages.
 */
import type { ClientHttp2Stream } from "node:http2";
import type { CronosError } from "../../base/errors.ts";
import { toCronosError } from "../../base/errors.ts";
import { ProtobufReader } from "../../base/protobuf.ts";
import type { BenchOptions } from "./bench-options.ts";
import { EventFrames } from "./event-frames.ts";
import type { GrpcConnection } from "./grpc-connection.ts";
import type { Histogram } from "./histogram.ts";
import type { Tally } from "./tally.ts";

const paths = {
  batch: "/cronos_db.EventService/PublishBatch",
  single: "/cronos_db.EventService/Publish",
  stream: "/cronos_db.EventService/PublishStream",
} as const;

/** After a failed call, so that a server that is down is not asked in a loop. */
const failurePauseMs = 100;

/** What the publishers of a run share. */
export interface PublishJob {
  readonly options: BenchOptions;
  readonly run: string;
  readonly topic: string;
  readonly tally: Tally;
  readonly latency: Histogram;
  /** Due time of events published now, Unix ms. */
  dueAt(): number;
  /** Waits until the next call may start; false when publishing is over. */
  next(): boolean | Promise<boolean>;
  calls: number;
  /** Events refused as duplicates or errors, and calls that failed. */
  refused: number;
  failures: number;
  lastFailure: CronosError | undefined;
}

/** Calls one after another until the job is over. */
export async function publishCalls(job: PublishJob, connection: GrpcConnection): Promise<void> {
  const { options, tally } = job;
  const frames = framesOf(job);
  const path = paths[options.call];
  // The plain boolean is not awaited: a closed loop is not to wait for a turn.
  for (let more = job.next(); await more; more = job.next()) {
    const first = tally.take(options.batch);
    frames.fill(first, job.dueAt());
    const start = performance.now();
    try {
      const answer = await connection.call(path, frames.bytes);
      recordAnswer(job, { answer, first, start });
    } catch (thrown) {
      job.failures++;
      job.lastFailure = toCronosError(thrown);
      await new Promise((resolve) => setTimeout(resolve, failurePauseMs));
    }
  }
}

/** Keeps `window` messages under way until the job is over; resolves when all are answered. */
export function publishStream(job: PublishJob, connection: GrpcConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = new WindowedStream(job, (handlers) =>
      connection.stream(paths.stream, {
        ...handlers,
        ended: (failure) => (failure === undefined ? resolve() : reject(failure)),
      }),
    );
    stream.start();
  });
}

interface Message {
  readonly frames: EventFrames;
  first: number;
  start: number;
}

class WindowedStream {
  readonly #job: PublishJob;
  readonly #stream: ClientHttp2Stream;
  readonly #idle: Message[];
  #underWay: Message[] = [];
  #underWayAt = 0;
  #over = false;

  constructor(
    job: PublishJob,
    open: (handlers: { message(answer: Buffer): void; flushed(): void }) => ClientHttp2Stream,
  ) {
    this.#job = job;
    this.#idle = Array.from({ length: job.options.window }, () => {
      return { frames: framesOf(job), first: 0, start: 0 };
    });
    this.#stream = open({
      message: (answer) => this.#answered(answer),
      flushed: () => void this.#fill(),
    });
  }

  start(): void {
    void this.#fill();
  }

  /** Sends all idle messages in one write. */
  async #fill(): Promise<void> {
    const { tally, options } = this.#job;
    const outgoing: Buffer[] = [];
    while (this.#idle.length > 0 && !this.#over) {
      const next = this.#job.next();
      const more = typeof next === "boolean" ? next : await next;
      if (!more) this.#over = true;
      const message = more ? this.#idle.pop() : undefined;
      if (message === undefined) break;
      message.first = tally.take(options.batch);
      message.start = performance.now();
      message.frames.fill(message.first, this.#job.dueAt());
      this.#underWay.push(message);
      outgoing.push(message.frames.bytes);
    }
    if (outgoing.length > 0) this.#stream.write(Buffer.concat(outgoing));
    if (this.#over && this.#underWay.length === this.#underWayAt) this.#stream.end();
  }

  #answered(response: Buffer): void {
    const reader = new ProtobufReader(response);
    while (reader.tag() !== 0) this.#receipt(reader.view());
  }

  #receipt(answer: Uint8Array): void {
    const message = this.#underWay[this.#underWayAt++];
    if (message === undefined) return;
    if (this.#underWayAt > 1024) {
      this.#underWay = this.#underWay.slice(this.#underWayAt);
      this.#underWayAt = 0;
    }
    recordAnswer(this.#job, { answer, first: message.first, start: message.start });
    this.#idle.push(message);
  }
}

function framesOf({ run, topic, options }: PublishJob): EventFrames {
  return new EventFrames({ run, topic, payloadBytes: options.payloadBytes, count: options.batch });
}

interface Answer {
  readonly answer: Uint8Array;
  readonly first: number;
  /** performance.now() when the call began. */
  readonly start: number;
}

/** PublishResponse.success, or published_count of a PublishBatchResponse or PublishReceipt. */
function recordAnswer(job: PublishJob, { answer, first, start }: Answer): void {
  job.latency.record(performance.now() - start);
  job.calls++;
  const stored = job.options.call === "single" ? field(answer, 1) : field(answer, 3);
  // Ids are new, so a batch that is not stored as a whole is counted, not explained.
  if (stored === job.options.batch) job.tally.markStored(first, stored);
  else job.refused += job.options.batch;
}

/** The value of a varint field of an answer, 0 when it is absent. */
function field(answer: Uint8Array, wanted: number): number {
  const reader = new ProtobufReader(answer);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === wanted << 3) return reader.varint();
    reader.skip(tag);
  }
  return 0;
}
