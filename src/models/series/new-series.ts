/**
 * Series that the running operation makes. Their rows are written when all of them are known: so
 * an operation reads nothing back that it wrote itself, and a posting gets one row for all of it.
 *
 * Series that come one after the other share most of their tags: where a tag is that of the series
 * before, its id is added to the same list without looking for the posting.
 */
import type { Key } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { byIdKey, membersOf, plainHead, postingHead, postingKey } from "./index-rows.ts";
import type { Addition } from "./posting-writer.ts";
import { PostingWriter } from "./posting-writer.ts";
import type { Tag } from "./series-tags.ts";

/** A series that is not there yet. */
export interface UnknownSeries {
  readonly measurementId: number;
  /** Binary, sorted by their keys. */
  readonly tags: readonly Tag[];
  readonly encoded: string;
  /** Of its row by tags, and what is in that row now: ids of series with the same hash. */
  readonly hashKey: Key;
  readonly others: Uint8Array | undefined;
}

interface Made extends UnknownSeries {
  readonly id: number;
}

export class NewSeries {
  readonly #postings = new PostingWriter();
  readonly #made = new Map<Key, Made>();
  #last: UnknownSeries | undefined;
  /** Of the last series: the lists of its tags, and of its measurement behind them. */
  #additions: Addition[] = [];

  /** The id of a series that this operation has made. */
  find(hashKey: Key, encoded: string): number | undefined {
    const made = this.#made.get(hashKey);
    return made?.encoded === encoded ? made.id : undefined;
  }

  /** Makes a series. Ids come ascending. */
  add(tx: Transaction, series: UnknownSeries, id: number): void {
    const { hashKey, tags, measurementId } = series;
    let { others } = series;
    if (this.#made.has(hashKey)) {
      // Two series of one hash: the second is written behind the first.
      this.#write(tx);
      others = tx.get(hashKey);
    }
    this.#made.set(hashKey, { ...series, others, id });
    const last = this.#last?.measurementId === measurementId ? this.#last.tags : [];
    const before = this.#additions;
    const additions: Addition[] = [];
    for (let place = 0; place < tags.length; place++) {
      const [key, value] = tags[place] as Tag;
      const tag = last[place];
      const isSame = tag !== undefined && tag[0] === key && tag[1] === value;
      const known = isSame ? before[place] : undefined;
      additions.push(known ?? this.#posting(measurementId, key, value));
    }
    const members = last.length > 0 ? before.at(-1) : undefined;
    additions.push(
      members ?? this.#postings.addition(membersOf(measurementId), () => plainHead),
    );
    for (const { ids } of additions) ids.push(id);
    this.#last = series;
    this.#additions = additions;
  }

  /** Writes what was gathered. */
  flush(tx: Transaction): void {
    this.#write(tx);
    this.#postings.flush(tx);
    this.#endRun();
  }

  /** Forgets everything: it was taken back, or others changed postings. */
  clear(): void {
    this.#made.clear();
    this.#postings.clear();
    this.#endRun();
  }

  #endRun(): void {
    this.#last = undefined;
    this.#additions = [];
  }

  #posting(measurementId: number, key: string, value: string): Addition {
    const names = { key, value };
    return this.#postings.addition(postingKey(measurementId, names), () => postingHead(names));
  }

  #write(tx: Transaction): void {
    for (const { hashKey, others, measurementId, id, encoded } of this.#made.values()) {
      const ids = tx.reserve(hashKey, (others?.length ?? 0) + 4);
      if (others !== undefined) ids.set(others);
      ids.writeUInt32LE(id, ids.length - 4);
      tx.reserve(byIdKey(measurementId, id), encoded.length).write(encoded, "latin1");
    }
    this.#made.clear();
  }
}
