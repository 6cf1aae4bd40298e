/**
 * The writing side of a segment log: queue, group commit, rolling over to a new segment, failure
 * and recovery.
 *
 * One write to the disk is under way at a time; the records that arrive meanwhile go into the next
 * one together (fsync-mode every_event: each by itself). A write is begun with a mark and counts as
 * a whole or not at all (segment-format.ts).
 *
 *   open ──> writable ── a write or sync fails ──> broken ── recover() ──> writable
 *                └─────────── close() ──> closed <──────────────┘
 *
 *   synced ≤ head ≤ tip      synced: survives power loss; head: written, answered; tip: appended
 *
 * In fsync-modes every_event and batch writes are durable by themselves and synced = head. In
 * periodic a timer syncs, and so does beginning a segment.
 */
import { assert } from "../../base/assert.ts";
import { CronosError, toCronosError } from "../../base/errors.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Disk } from "../../ports/disk.ts";
import type { Random } from "../../ports/random.ts";
import type { LogAppend } from "../log.ts";
import { chunksByteLength, encodeRecordHeader, recordHeaderBytes } from "../record.ts";
import { encodeMark, markBytes, segmentHeaderBytes, segmentName } from "./segment-format.ts";
import type { LogPosition } from "./segment-format.ts";
import type { ScanStart } from "./segment-scanner.ts";
import { SegmentWriter } from "./segment-writer.ts";

/** When an append is answered; see the settings of the same names. */
export type FsyncMode = "every_event" | "batch" | "periodic";

export interface SegmentLogSettings {
  /** Size at which a segment is full, unless a single write is larger. */
  readonly segmentBytes: number;
  /** Bytes between two entries of the sparse index. */
  readonly indexIntervalBytes: number;
  readonly fsyncMode: FsyncMode;
  /** Longest time between two syncs in fsync-mode periodic. */
  readonly flushIntervalMs: number;
}

export interface SegmentLogComponents {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
}

/** What the appender tells the log it belongs to. */
export interface AppenderEvents {
  /** Everything before `firstIndex` is durable, and writes go to a new segment from now on. */
  segmentBegun(firstIndex: number): void;
  written(start: ScanStart): void;
  synced(durationMs: number): void;
}

export const bodyBytesMax = 64 * 1024 * 1024;
/** One write under way, and enough behind it to fill the next one. */
export const inFlightMax = 4;

interface PendingAppend {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
  /** Where the log stands when this is written. */
  readonly after: LogPosition;
  readonly resolve: () => void;
  readonly reject: (error: CronosError) => void;
}

export class SegmentAppender {
  readonly #components: SegmentLogComponents;
  readonly #directory: string;
  readonly #settings: SegmentLogSettings;
  readonly #events: AppenderEvents;
  #writer: SegmentWriter;
  #tip: LogPosition;
  #head: LogPosition;
  /** What survives power loss, and where in the writer's segment that ends. */
  #synced: { readonly position: LogPosition; readonly offset: number };
  #queue: PendingAppend[] = [];
  #inFlight = 0;
  #writing: Promise<void> | undefined;
  #flushTimer: Timer | undefined;
  #syncing: Promise<void> | undefined;
  #broken: CronosError | undefined;
  #recovering: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Something was written that close() has not ended with a mark. */
  #isOpenEnded = false;

  constructor(
    components: SegmentLogComponents,
    state: {
      readonly directory: string;
      readonly settings: SegmentLogSettings;
      readonly writer: SegmentWriter;
      readonly position: LogPosition;
      readonly events: AppenderEvents;
    },
  ) {
    this.#components = components;
    this.#directory = state.directory;
    this.#settings = state.settings;
    this.#events = state.events;
    this.#writer = state.writer;
    this.#tip = state.position;
    this.#head = state.position;
    this.#synced = { position: state.position, offset: state.writer.offset };
  }

  get head(): LogPosition {
    return this.#head;
  }

  /** Bytes that the file being written takes up. */
  get segmentBytes(): number {
    return this.#writer.size;
  }

  async append(record: LogAppend): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    if (this.#broken !== undefined) throw this.#broken;
    const bodyBytes = chunksByteLength(record.chunks);
    if (bodyBytes > bodyBytesMax) {
      const state = `${bodyBytes} bytes, at most ${bodyBytesMax} fit`;
      throw new CronosError("TOO_LARGE", `Record ${record.index} cannot be appended: ${state}`);
    }
    assert(record.index === this.#tip.index + 1, "Records are appended densely");
    assert(this.#inFlight < inFlightMax, "At most inFlightMax appends may be in flight");
    const { bytes, crc } = encodeRecordHeader(record, this.#tip.chain);
    const { index, time, epoch } = record;
    this.#tip = { index, chain: crc, time, epoch };
    const settled = new Promise<void>((resolve, reject) => {
      this.#queue.push({
        chunks: [bytes, ...record.chunks],
        byteLength: recordHeaderBytes + bodyBytes,
        after: this.#tip,
        resolve,
        reject,
      });
    });
    this.#inFlight++;
    this.#writing ??= this.#writeQueue();
    return settled.finally(() => {
      this.#inFlight--;
    });
  }

  /** Makes everything up to the head survive power loss. */
  async sync(): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    if (this.#synced.position.index === this.#head.index) return;
    if (this.#broken !== undefined) throw this.#broken;
    try {
      await this.#sync();
    } catch (error) {
      // What it covered is not on the disk, and a later sync that succeeds would not tell.
      this.#break(error);
      throw toCronosError(error);
    }
  }

  recover(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    this.#recovering ??= this.#recover().finally(() => {
      this.#recovering = undefined;
    });
    return this.#recovering;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #writeQueue(): Promise<void> {
    const isAlone = this.#settings.fsyncMode === "every_event";
    while (this.#queue.length > 0 && this.#broken === undefined) {
      const batch = this.#queue.splice(0, isAlone ? 1 : this.#queue.length);
      try {
        await this.#writeBatch(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#break(error);
        for (const { reject } of batch) reject(this.#broken ?? toCronosError(error));
      }
    }
    this.#writing = undefined;
  }

  async #writeBatch(batch: readonly PendingAppend[]): Promise<void> {
    const last = batch.at(-1);
    assert(last !== undefined, "A batch is not empty");
    let byteLength = markBytes;
    for (const pending of batch) byteLength += pending.byteLength;
    const end = this.#writer.offset + byteLength;
    const isEmpty = this.#writer.offset === segmentHeaderBytes;
    if (end > this.#settings.segmentBytes && !isEmpty) await this.#roll();
    const { offset } = this.#writer;
    const before = this.#head;
    const chunks = [this.#markFor(byteLength), ...batch.flatMap((pending) => pending.chunks)];
    const startMs = this.#components.clock.monotonic();
    await this.#writer.write(chunks, byteLength);
    this.#head = last.after;
    this.#isOpenEnded = true;
    this.#events.written({ offset, index: before.index, chain: before.chain });
    if (this.#isPeriodic) this.#planFlush();
    else this.#noteSynced(this.#writer, startMs);
  }

  #markFor(byteLength: number): Buffer {
    const mark = {
      durableIndex: this.#synced.position.index,
      firstIndex: this.#head.index + 1,
      byteLength,
      chain: this.#head.chain,
    };
    return encodeMark({ offset: this.#writer.offset, mark }, this.#writer.header.salt);
  }

  async #roll(): Promise<void> {
    if (this.#isPeriodic) await this.#sync();
    const { disk, random } = this.#components;
    const complete = this.#writer;
    const place = {
      directory: this.#directory,
      path: this.#nextSegmentPath(),
      header: { salt: Buffer.from(random.bytes(8)), before: this.#head },
    };
    this.#writer = await SegmentWriter.create(disk, place, complete.options);
    this.#synced = { position: this.#head, offset: this.#writer.offset };
    this.#events.segmentBegun(this.#head.index + 1);
    await complete.close();
  }

  get #isPeriodic(): boolean {
    return this.#settings.fsyncMode === "periodic";
  }

  #nextSegmentPath(): string {
    return `${this.#directory}/${segmentName(this.#head.index + 1)}`;
  }

  #planFlush(): void {
    this.#flushTimer ??= this.#components.clock.after(this.#settings.flushIntervalMs, () => {
      this.#flushTimer = undefined;
      // A failure is kept as the log's state.
      this.#sync().catch(() => undefined);
    });
  }

  /**
   * One at a time, and none after a failure: a sync that follows a failed one succeeds without
   * having made durable what the failed one dropped.
   */
  async #sync(): Promise<void> {
    while (this.#syncing !== undefined) await this.#syncing.catch(() => undefined);
    if (this.#broken !== undefined) throw this.#broken;
    this.#syncing = this.#syncNow();
    try {
      await this.#syncing;
    } catch (error) {
      this.#break(error);
      throw error;
    } finally {
      this.#syncing = undefined;
    }
  }

  async #syncNow(): Promise<void> {
    const writer = this.#writer;
    const synced = { position: this.#head, offset: writer.offset };
    const startMs = this.#components.clock.monotonic();
    await writer.sync();
    this.#synced = synced;
    this.#events.synced(this.#components.clock.monotonic() - startMs);
  }

  #noteSynced(writer: SegmentWriter, startMs: number): void {
    this.#synced = { position: this.#head, offset: writer.offset };
    this.#events.synced(this.#components.clock.monotonic() - startMs);
  }

  #break(error: unknown): void {
    this.#broken ??= toCronosError(error);
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    for (const { reject } of this.#queue.splice(0)) reject(this.#broken);
  }

  async #recover(): Promise<void> {
    await this.#writing;
    await this.#syncing?.catch(() => undefined);
    if (this.#broken === undefined) return;
    try {
      await this.#repair();
    } catch (error) {
      throw toCronosError(error);
    }
    this.#tip = this.#head;
    this.#broken = undefined;
  }

  /** Durably takes away what failed, and makes durable what was answered. */
  async #repair(): Promise<void> {
    const { disk } = this.#components;
    const failedPath = this.#nextSegmentPath();
    if (failedPath !== this.#writer.path) {
      // Left behind by a roll; it would hide what is written to the present segment from now on.
      if (await disk.exists(failedPath)) await disk.remove(failedPath);
      await disk.syncDirectory(this.#directory);
    }
    await this.#writer.cut();
    const { position, offset } = this.#synced;
    if (position.index === this.#head.index) return;
    const start = { offset, index: position.index, chain: position.chain };
    await this.#writer.rewriteFrom(start, bodyBytesMax);
    this.#synced = { position: this.#head, offset: this.#writer.offset };
  }

  async #close(): Promise<void> {
    await this.#recovering?.catch(() => undefined);
    await this.#writing;
    await this.#syncing?.catch(() => undefined);
    this.#flushTimer?.cancel();
    try {
      if (this.#broken === undefined) await this.#finish();
      else await this.#repairAtEnd();
    } catch (error) {
      throw toCronosError(error);
    } finally {
      await this.#writer.close();
    }
  }

  /**
   * The failed records were answered as failed: they should not be there at the next start. When
   * that cannot be done now it is no harm; when answered records cannot be made durable, it is.
   */
  async #repairAtEnd(): Promise<void> {
    try {
      await this.#repair();
    } catch (error) {
      if (this.#synced.position.index < this.#head.index) throw toCronosError(error);
    }
  }

  /** Makes all durable and ends the log with a mark that says so. */
  async #finish(): Promise<void> {
    if (!this.#isOpenEnded) return;
    if (this.#isPeriodic) await this.#sync();
    try {
      await this.#writer.write([this.#markFor(markBytes)], markBytes);
      if (this.#isPeriodic) await this.#writer.sync();
    } catch {
      // The mark is an additional protection; all records are durable without it.
    }
  }
}

function closedError(): CronosError {
  return new CronosError("CLOSED", "The log cannot be used: it was closed");
}
