/**
 * From operations to durable records. Operations join the open batch; sealing makes it the next
 * record; the log takes `inFlightMax` records at a time, the others wait their turn.
 *
 *   open ──seal()──▶ sealed: [ at the log | waiting ] ──in order──▶ durable
 *                              └─ the first failure loses all of them, and the open one
 *
 * When a batch is sealed:
 *   grouped      at the end of the event loop's turn if no record is on its way; else it goes on
 *                collecting until none is, or until it is worth a write of its own
 *   not grouped  after each operation that wrote
 *
 * Invariants: records are appended densely and in order; they are settled in order, whatever the
 * order in which the log's promises settle; a batch that was lost is never heard of again.
 */
import { assert } from "../base/assert.ts";
import { CronosError, toCronosError } from "../base/errors.ts";
import { logIndex } from "../base/ids.ts";
import type { Epoch, LogIndex } from "../base/ids.ts";
import type { Log } from "../log/log.ts";
import { MutationArena } from "../log/mutation-arena.ts";
import type { Clock } from "../ports/clock.ts";
import { Batch } from "./batch.ts";
import type { Seal } from "./batch.ts";

/** A batch this large is sealed while others are in flight: the log is then busy with writing. */
const SEAL_BYTES = 256 * 1024;
/** Sealed records above which callers are asked to wait, and above which they are refused. */
const SEALED_ROOM = 1024;
const SEALED_MAX = 4096;

/** What happens to batches, told in this order. */
export interface BatchEvents {
  /** The tip is marked as the state after record `index`. */
  seal(index: LogIndex, batch: Batch): Seal;
  /** The record is durable; its hooks and promises follow. */
  durable(seal: Seal): void;
  /** An append failed: everything not durable is lost; the promises follow. */
  lost(cause: CronosError): void;
}

export interface GroupCommitOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly epoch: Epoch;
  readonly groupCommit: boolean;
  readonly onCommit?: ((durationMs: number, operations: number) => void) | undefined;
}

export class GroupCommit {
  /** Half a record: what is in the open batch and one more operation always fit in one. */
  readonly operationBytesMax: number;
  readonly #options: GroupCommitOptions;
  readonly #log: Log;
  readonly #events: BatchEvents;
  #open = new Batch(new MutationArena());
  /** Oldest first; the first `#atLog` are being appended. */
  readonly #sealed: Batch[] = [];
  #atLog = 0;
  #tipIndex: LogIndex;
  #sealScheduled = false;

  constructor(options: GroupCommitOptions, events: BatchEvents) {
    this.#options = options;
    this.#log = options.log;
    this.#events = events;
    this.#tipIndex = options.log.head;
    this.operationBytesMax = Math.floor(options.log.bodyBytesMax / 2);
  }

  /** The batch that operations write to. */
  get open(): Batch {
    return this.#open;
  }

  /** Index of the newest sealed record, durable or not. */
  get tipIndex(): LogIndex {
    return this.#tipIndex;
  }

  /** Index of the record that the open batch will be. */
  get nextIndex(): LogIndex {
    return logIndex(this.#tipIndex + 1);
  }

  /**
   * The running operation's place in the order of commits, 10 bytes big-endian: u48 index of the
   * record, u32 operations that wrote to it before.
   */
  stamp(): Uint8Array {
    const bytes = Buffer.allocUnsafe(10);
    bytes.writeUIntBE(this.nextIndex, 0, 6);
    bytes.writeUInt32BE(this.#open.operations, 6);
    return bytes;
  }

  /** Records that are sealed and not durable yet. */
  get sealedCount(): number {
    return this.#sealed.length;
  }

  /** The batch whose end makes everything that ran until now durable. */
  get newest(): Batch | undefined {
    return this.#open.empty ? this.#sealed.at(-1) : this.#open;
  }

  /** The batches that are not durable, oldest first, each with its index. */
  *pending(): Iterable<readonly [LogIndex, Batch]> {
    let index = this.#tipIndex - this.#sealed.length;
    for (const batch of this.#sealed) yield [logIndex(++index), batch];
    if (!this.#open.empty) yield [logIndex(++index), this.#open];
  }

  /** What to wait for before the next operation while the log cannot keep up. */
  room(): Promise<void> | undefined {
    return this.#hasRoom(SEALED_ROOM) ? undefined : this.#waitForRoom();
  }

  /** Makes room for one more operation in the open batch, or throws OVERLOADED. */
  makeRoom(): void {
    if (!this.#hasRoom(SEALED_MAX)) {
      throw new CronosError(
        "OVERLOADED",
        `Writes must wait for the log: ${this.#sealed.length} records are on their way`,
      );
    }
    if (this.#open.arena.byteLength > this.operationBytesMax) this.seal();
  }

  /** An operation wrote to the open batch. */
  wrote(): void {
    this.#open.operations++;
    if (!this.#options.groupCommit) return this.seal();
    if (this.#sealScheduled || !this.#isWorthSealing()) return;
    this.#sealScheduled = true;
    this.#options.clock.soon(() => {
      this.#sealScheduled = false;
      if (this.#isWorthSealing()) this.seal();
    });
  }

  /** Seals the open batch now; does nothing when it is empty. */
  seal(): void {
    const batch = this.#open;
    if (batch.empty) return;
    this.#open = new Batch(batch.arena.next());
    this.#tipIndex = logIndex(this.#tipIndex + 1);
    batch.seal = this.#events.seal(this.#tipIndex, batch);
    this.#sealed.push(batch);
    this.#appendWaiting();
  }

  /** Resolves when nothing is on its way to the log any more. */
  async settled(): Promise<void> {
    while (this.#sealed.length > 0) await this.#sealed.at(-1)?.settled.catch(() => {});
  }

  #hasRoom(sealedMax: number): boolean {
    if (this.#sealed.length >= sealedMax) return false;
    return (
      this.#open.arena.byteLength <= this.operationBytesMax ||
      this.#sealed.length < this.#log.inFlightMax
    );
  }

  async #waitForRoom(): Promise<void> {
    while (!this.#hasRoom(SEALED_ROOM)) {
      // Half of them: if all who wait woke at each record, they would cost more than the records.
      await this.#sealed[this.#sealed.length >>> 1]?.settled.catch(() => {});
    }
  }

  #isWorthSealing(): boolean {
    if (this.#sealed.length === 0) return true;
    if (this.#sealed.length >= this.#log.inFlightMax) return false;
    return this.#open.arena.byteLength >= SEAL_BYTES;
  }

  #appendWaiting(): void {
    while (this.#atLog < this.#sealed.length && this.#atLog < this.#log.inFlightMax) {
      this.#append(this.#sealed[this.#atLog++] as Batch);
    }
  }

  #append(batch: Batch): void {
    const { clock, epoch, onCommit } = this.#options;
    const { index, time } = sealOf(batch);
    const start = clock.monotonic();
    this.#log.append({ index, time, epoch, chunks: batch.arena.chunks() }).then(
      () => {
        onCommit?.(clock.monotonic() - start, batch.operations);
        batch.appended = "durable";
        this.#settleOldest();
      },
      (error: unknown) => {
        batch.appended = toCronosError(error);
        this.#settleOldest();
      },
    );
  }

  /** A log may reject a later append before an earlier one resolves: each waits for its turn. */
  #settleOldest(): void {
    for (;;) {
      const oldest = this.#sealed[0];
      if (oldest?.appended === undefined) break;
      if (oldest.appended !== "durable") return this.#lose(oldest.appended);
      this.#sealed.shift();
      this.#atLog--;
      this.#events.durable(sealOf(oldest));
      oldest.becomeDurable();
    }
    this.#appendWaiting();
    if (this.#isWorthSealing()) this.seal();
  }

  #lose(cause: CronosError): void {
    const lost = [...this.#sealed.splice(0), this.#open];
    this.#open = new Batch(new MutationArena());
    this.#atLog = 0;
    this.#tipIndex = logIndex(sealOf(lost[0] as Batch).index - 1);
    for (const batch of lost) batch.becomeLost(cause);
    this.#events.lost(cause);
  }
}

function sealOf(batch: Batch): Seal {
  assert(batch.seal !== undefined, "A batch on its way to the log must be sealed");
  return batch.seal;
}
