/**
 * The log over a NATS JetStream stream: replicated, and safe against a leader that was deposed.
 *
 *   append ──> AppendQueue (append-queue.ts) ──> ShardStream ──> three servers
 *   open, recover ──> takeOver (take-over.ts): a fence, behind which only we write
 *   read, trim ──> FencedRuns (fenced-runs.ts): index → sequence
 *
 * States: writable ── an append failed ──> broken ── recover() ──> writable; broken by FENCED or
 * CORRUPTION is for good.
 *
 * Opening is taking over: whoever opens the log with the epoch of a newer leadership (or the same
 * one, later) is the writer, and the one before fails with FENCED. A record is durable when a
 * majority of the servers has it. docs/formats/jetstream.md has the bytes and the server settings,
 * docs/decisions/0005-jetstream-log.md the reasons.
 */
import type { NatsConnection } from "@nats-io/transport-node";
import { assert } from "../../base/assert.ts";
import { CronosError } from "../../base/errors.ts";
import { epoch, logIndex } from "../../base/ids.ts";
import type { Epoch, LogIndex } from "../../base/ids.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Log, LogAppend, LogRecord, LogStats } from "../log.ts";
import { chunksByteLength, encodeRecordHeader, recordHeaderBytes } from "../record.ts";
import { AppendQueue } from "./append-queue.ts";
import type { OutgoingRecord } from "./append-queue.ts";
import { fenceSpan, writerIdBytes } from "./fence.ts";
import { loadRuns } from "./fenced-runs.ts";
import type { FencedRuns } from "./fenced-runs.ts";
import { streamCorruption } from "./message.ts";
import { NatsShardStream } from "./nats-shard-stream.ts";
import { readRecords } from "./read-records.ts";
import type { ShardStream } from "./shard-stream.ts";
import { sleep } from "./sleep.ts";
import { takeOver } from "./take-over.ts";
import type { Claim, OwnTail } from "./take-over.ts";

/** How long close() waits for appends in doubt. */
const closeMsMax = 5_000;

export interface JetstreamLogOptions {
  /** Not closed by the log; connectNats() makes one with the right settings. */
  readonly connection: NatsConnection;
  /** Names the stream: letters, digits, "-" and "_". */
  readonly shard: string;
  /** Copies of the stream, each on another server. */
  readonly replicas: number;
  /** The leadership in which the log is opened; refused when the stream has seen a newer one. */
  readonly epoch: Epoch;
  readonly clock: Clock;
  readonly random: Random;
}

/** Makes the shard's stream unless it is there, and takes it over. */
export async function openJetstreamLog(options: JetstreamLogOptions): Promise<Log> {
  const { connection, ...rest } = options;
  return openStreamLog({ ...rest, stream: await NatsShardStream.open(connection, options) });
}

export interface StreamLogOptions extends Pick<JetstreamLogOptions, "epoch" | "clock" | "random"> {
  readonly stream: ShardStream;
}

/** Takes the stream over. Throws FENCED, CORRUPTION, UNAVAILABLE. */
export async function openStreamLog(options: StreamLogOptions): Promise<Log> {
  const { stream, clock } = options;
  const writer = options.random.bytes(writerIdBytes);
  const tail = await takeOver(stream, clock, {
    epoch: options.epoch,
    writer,
    expectedFence: undefined,
  });
  const runs = await loadRuns(stream, clock, tail.fence);
  return new JetstreamLog(options, tail, runs);
}

class JetstreamLog implements Log {
  readonly bodyBytesMax: number;
  readonly inFlightMax = fenceSpan;
  readonly #options: StreamLogOptions;
  readonly #runs: FencedRuns;
  readonly #syncListeners: ((durationMs: number) => void)[] = [];
  #queue: AppendQueue;
  /** The newest durable record; all 0 when there is none. */
  #head: { readonly index: number; readonly time: number; readonly epoch: Epoch };
  /** Crc of the newest durable record, and of the newest one that was appended. */
  #headCrc: number;
  #tipCrc: number;
  #tipIndex: number;
  #broken: CronosError | undefined;
  #claim: Claim | undefined;
  #isClosed = false;
  #syncCount = 0;
  #syncMsTotal = 0;

  constructor(options: StreamLogOptions, tail: OwnTail, runs: FencedRuns) {
    this.#options = options;
    this.#runs = runs;
    this.bodyBytesMax = options.stream.dataBytesMax - recordHeaderBytes;
    this.#head = tail.head?.record ?? { index: 0, time: 0, epoch: epoch(0) };
    this.#headCrc = tail.head?.crc ?? 0;
    this.#tipCrc = this.#headCrc;
    this.#tipIndex = this.#head.index;
    this.#queue = this.#newQueue();
  }

  get first(): LogIndex {
    return this.#runs.first;
  }

  get head(): LogIndex {
    return logIndex(this.#head.index);
  }

  get headTime(): number {
    return this.#head.time;
  }

  get headEpoch(): Epoch {
    return this.#head.epoch;
  }

  async append(record: LogAppend): Promise<void> {
    this.#assertOpen();
    if (this.#broken !== undefined) throw this.#broken;
    assert(record.index === this.#tipIndex + 1, () =>
      `Record ${record.index} must be the one after ${this.#tipIndex}`,
    );
    assert(this.#queue.length < this.inFlightMax, "Too many appends are in flight");
    const bodyBytes = chunksByteLength(record.chunks);
    if (bodyBytes > this.bodyBytesMax) throw this.#tooLarge(bodyBytes);
    const header = encodeRecordHeader(record, this.#tipCrc);
    this.#tipIndex = record.index;
    this.#tipCrc = header.crc;
    await this.#queue.push({
      sequence: this.#runs.sequenceOf(record.index),
      index: record.index,
      time: record.time,
      epoch: record.epoch,
      crc: header.crc,
      data: Buffer.concat([header.bytes, ...record.chunks]),
    });
  }

  read(from: LogIndex): AsyncIterable<LogRecord> {
    this.#assertOpen();
    const { stream, clock } = this.#options;
    return readRecords(stream, clock, { runs: this.#runs, from, to: this.head });
  }

  /** An append is answered when a quorum has the record. */
  async sync(): Promise<void> {}

  async trim(before: LogIndex): Promise<void> {
    this.#assertOpen();
    // The newest record stays: it tells time, epoch and crc when the log is opened again.
    const first = logIndex(Math.min(before, this.#head.index));
    if (first <= this.#runs.first) return;
    await this.#options.stream.purgeBefore(this.#runs.sequenceOf(first));
    if (first > this.#runs.first) this.#runs.trim(first);
  }

  async recover(): Promise<void> {
    this.#assertOpen();
    if (this.#broken === undefined) return;
    const isForGood = this.#broken.code === "FENCED" || this.#broken.code === "CORRUPTION";
    if (isForGood) throw this.#broken;
    const { stream, clock, random } = this.#options;
    // Kept over failed attempts: the fence of one whose outcome was unknown is still ours.
    this.#claim ??= {
      epoch: this.#options.epoch,
      writer: random.bytes(writerIdBytes),
      expectedFence: this.#runs.newest.sequence,
    };
    const tail = await takeOver(stream, clock, this.#claim).catch((error: unknown) => {
      throw this.#keepIfFenced(error);
    });
    this.#assertSameHead(tail);
    this.#runs.add(tail.fence);
    this.#tipIndex = this.#head.index;
    this.#tipCrc = this.#headCrc;
    this.#queue = this.#newQueue();
    this.#claim = undefined;
    this.#broken = undefined;
  }

  onSync(listener: (durationMs: number) => void): void {
    this.#syncListeners.push(listener);
  }

  async stats(): Promise<LogStats> {
    this.#assertOpen();
    const { stream } = this.#options;
    const { bytes } = await stream.state();
    return {
      firstIndex: this.first,
      headIndex: this.head,
      bytes,
      segments: [stream.name],
      indexEntries: this.#runs.count,
      syncCount: this.#syncCount,
      syncMsTotal: this.#syncMsTotal,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.race([this.#queue.whenEmpty(), sleep(this.#options.clock, closeMsMax)]);
    this.#queue.giveUp();
  }

  #newQueue(): AppendQueue {
    return new AppendQueue({
      stream: this.#options.stream,
      clock: this.#options.clock,
      fence: this.#runs.newest.sequence,
      epoch: this.#options.epoch,
      onDurable: (record, durationMs) => this.#onDurable(record, durationMs),
      onBroken: (error) => {
        this.#broken = error;
      },
    });
  }

  #onDurable(record: OutgoingRecord, durationMs: number): void {
    const { index, time } = record;
    this.#head = { index, time, epoch: record.epoch };
    this.#headCrc = record.crc;
    this.#syncCount++;
    this.#syncMsTotal += durationMs;
    for (const listener of this.#syncListeners) listener(durationMs);
  }

  #assertOpen(): void {
    if (!this.#isClosed) return;
    throw new CronosError("CLOSED", `Log of stream ${this.#options.stream.name} is closed`);
  }

  #keepIfFenced(error: unknown): unknown {
    if (error instanceof CronosError && error.code === "FENCED") this.#broken = error;
    return error;
  }

  /**
   * A record whose append failed must not be in the log. One that is there all the same (a server
   * answered that it had no room, but the others had) cannot be taken out any more; the owner has
   * rolled it back, so it must load the log anew.
   */
  #assertSameHead(tail: OwnTail): void {
    const { stream } = this.#options;
    const index = tail.head?.record.index ?? 0;
    if (index > this.#head.index) {
      this.#broken = new CronosError(
        "FENCED",
        `Record ${index}, whose append had failed, is in stream ${stream.name}: open the log anew`,
        { details: { stream: stream.name, index } },
      );
    } else if (index < this.#head.index || (tail.head?.crc ?? 0) !== this.#headCrc) {
      const problem = `acknowledged record ${this.#head.index} is gone`;
      this.#broken = streamCorruption(stream.name, tail.lastSequence, problem);
    } else return;
    throw this.#broken;
  }

  #tooLarge(bodyBytes: number): CronosError {
    return new CronosError(
      "TOO_LARGE",
      `Record of ${bodyBytes} bytes is over ${this.bodyBytesMax}: raise max_payload in the ` +
        "configuration of every nats-server",
      { details: { bodyBytes, bodyBytesMax: this.bodyBytesMax } },
    );
  }
}
