/**
 * The heads of a storage: the one that takes the writes, and those that wait to be sealed. Derived
 * from chunk rows.
 */
import { assert } from "../../base/assert.ts";
import { CronosError } from "../../base/errors.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { decodeChunk, encodeChunk } from "./chunk.ts";
import type { Drops } from "./drop.ts";
import { Head } from "./head.ts";
import { chunkKey, chunkPrefix, rangeOf, readChunkKey, sealKey } from "./rows.ts";
import { readNextHead } from "./sealer.ts";
import { SeriesWriter } from "./series-bytes.ts";
import type { WriteBatch } from "./write-batch.ts";

/** Frozen heads above which writers are asked to wait, and above which they are refused. */
const FROZEN_ROOM = 2;
const FROZEN_MAX = 4;

export class Heads {
  readonly #bytesMax: number;
  readonly #onFrozen: () => void;
  readonly #writer = new SeriesWriter();
  /** Oldest first; the last one takes the writes. Replaced, never changed: views share it. */
  #all: readonly Head[] = [];
  readonly #waiting: (() => void)[] = [];
  #nextChunk = 1;

  /** A head of `bytesMax` is frozen; `onFrozen` is told. */
  constructor(bytesMax: number, onFrozen: () => void) {
    this.#bytesMax = bytesMax;
    this.#onFrozen = onFrozen;
  }

  get all(): readonly Head[] {
    return this.#all;
  }

  /** The oldest one that takes no writes any more. */
  get oldestFrozen(): Head | undefined {
    return this.#all.length > 1 ? this.#all[0] : undefined;
  }

  get active(): Head {
    const head = this.#all.at(-1);
    assert(head !== undefined, "There is always a head that takes the writes");
    return head;
  }

  /** What to wait for before the next write when too many heads are not sealed yet. */
  room(): Promise<void> | undefined {
    if (this.#all.length - 1 < FROZEN_ROOM) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets those go on that wait for room; what they write may be refused. */
  endWaiting(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Reads the heads from the rows; `drops` are those of the same rows. */
  load(view: ReadView, drops: Drops): void {
    const heads: Head[] = [];
    this.#nextChunk = 1;
    const { start, end } = rangeOf(chunkPrefix);
    for (const [key, bytes] of view.range(start, end)) {
      const { head: sequence, number } = readChunkKey(key);
      let head = heads.at(-1);
      if (head?.sequence !== sequence) heads.push((head = new Head(sequence)));
      head.append(decodeChunk(bytes));
      head.durableRows = head.rowCount;
      this.#nextChunk = Math.max(this.#nextChunk, number + 1);
    }
    const newest = heads.at(-1)?.sequence ?? 0;
    // One that is being sealed, or of which something was dropped, takes no writes.
    const isFrozen = view.get(sealKey(newest)) !== undefined || drops.lastHead >= newest;
    if (newest === 0 || isFrozen) {
      const next = Math.max(newest, drops.lastHead) + 1;
      heads.push(new Head(Math.max(next, readNextHead(view))));
    }
    this.#all = heads;
    this.endWaiting();
  }

  /** Adds the points; they are seen when the transaction is durable. */
  write(tx: Transaction, batch: WriteBatch): void {
    if (this.active.bytes >= this.#bytesMax) this.freeze();
    const frozen = this.#all.length - 1;
    if (frozen > FROZEN_MAX) {
      throw new CronosError("OVERLOADED", `Points must wait: ${frozen} heads are not sealed yet`);
    }
    const head = this.active;
    const mark = head.mark();
    const shapes = head.append(batch);
    const end = head.rowCount;
    tx.onUndone(() => head.takeBack(batch, mark));
    tx.put(chunkKey(head.sequence, this.#nextChunk++), encodeChunk(this.#writer, batch, shapes));
    tx.onDurable(() => {
      head.durableRows = end;
    });
  }

  /** The next write goes into another head, unless this one is empty. */
  freeze(): void {
    if (this.active.rowCount === 0) return;
    this.#all = [...this.#all, new Head(this.active.sequence + 1)];
    this.#onFrozen();
  }

  /** The head is sealed: its points are in blocks. */
  forget(head: Head): void {
    this.#all = this.#all.filter((each) => each !== head);
    this.endWaiting();
  }
}
