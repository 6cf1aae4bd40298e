/**
 * The storage of points. A write is one chunk row, and rows in the head in memory; a head that is
 * large is frozen and sealed into blocks in the background, and its chunks are deleted then.
 *
 *   write ─▶ chunk row (durable) + head ──freeze──▶ sealed into blocks ──▶ merged
 *
 * What is in memory is derived from chunk rows, and read from them when the database opens.
 */
import { CronosError } from "../../base/errors.ts";
import type { DerivedState, Shard } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { decodeChunk, encodeChunk } from "./chunk.ts";
import { Head } from "./head.ts";
import { chunkKey, chunkPrefix, rangeOf, readChunkKey } from "./rows.ts";
import { SeriesWriter } from "./series-bytes.ts";
import type { SeriesView } from "./series-scan.ts";
import { StorageView } from "./view.ts";
import type { WriteBatch } from "./write-batch.ts";

/** Points of one batch, at most. */
export const BATCH_ROWS_MAX = 100_000;

export interface SeriesStorageOptions {
  readonly shard: Shard;
}

export class SeriesStorage implements DerivedState {
  readonly #shard: Shard;
  readonly #writer = new SeriesWriter();
  /** Oldest first; the last one takes the writes. */
  #heads: Head[] = [];
  #nextChunk = 1;

  /** Reads what is in memory from the rows of the shard. */
  constructor(options: SeriesStorageOptions) {
    this.#shard = options.shard;
    this.rebuild(options.shard.tip);
    options.shard.attach(this);
  }

  rebuild(view: ReadView): void {
    this.#heads = [];
    this.#nextChunk = 1;
    const { start, end } = rangeOf(chunkPrefix);
    for (const [key, bytes] of view.range(start, end)) {
      const { head: sequence, number } = readChunkKey(key);
      let head = this.#heads.at(-1);
      if (head?.sequence !== sequence) this.#heads.push((head = new Head(sequence)));
      head.append(decodeChunk(bytes));
      head.durableRows = head.rowCount;
      this.#nextChunk = number + 1;
    }
  }

  /**
   * Stores the points of a batch, which passed every check. The batch may be used again when the
   * transaction committed. They are seen when they are durable.
   */
  write(tx: Transaction, batch: WriteBatch): void {
    if (batch.rows > BATCH_ROWS_MAX) {
      const limit = `at most ${BATCH_ROWS_MAX} points can be written at once`;
      throw new CronosError("TOO_LARGE", `Batch has ${batch.rows} points: ${limit}`);
    }
    if (batch.rows > 0) tx.atCommit((at) => this.#write(at, batch));
  }

  /** What is durable now, as it is until it is released. */
  view(): SeriesView {
    return new StorageView(this.#shard.snapshot(), this.#heads);
  }

  #write(tx: Transaction, batch: WriteBatch): void {
    const head = this.#active();
    const mark = head.mark();
    const shapes = head.append(batch);
    const end = head.rowCount;
    tx.onUndone(() => head.takeBack(batch, mark));
    tx.put(chunkKey(head.sequence, this.#nextChunk++), encodeChunk(this.#writer, batch, shapes));
    tx.onDurable(() => {
      head.durableRows = end;
    });
  }

  #active(): Head {
    let head = this.#heads.at(-1);
    if (head === undefined) this.#heads.push((head = new Head(1)));
    return head;
  }
}
