/**
 * Which series there are: from tags to ids, from ids to tags, from a tag to the series that have
 * it. Rows (index-rows.ts); in memory there is only how many series each measurement has, and the
 * next id, so that ten million series cost no memory.
 *
 * Reading takes a view: a snapshot, the tip or a transaction. Names are text; ids come as ascending
 * arrays (series-ids.ts).
 */
import type { Key } from "../../base/key.ts";
import { readKeyU32 } from "../../base/key.ts";
import type { DerivedState } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { byIdKey, byTagsKey, countKey, countPrefix, decodeIds } from "./index-rows.ts";
import { keyPart, measurementPrefixes, membersOf, nextIdKey, plainHead } from "./index-rows.ts";
import { postingHead, postingKey, postingNames, postingsOf, prefixEnd } from "./index-rows.ts";
import { readKeyPart } from "./index-rows.ts";
import type { TagNames } from "./index-rows.ts";
import type { UnknownSeries } from "./new-series.ts";
import { NewSeries } from "./new-series.ts";
import { removeFromPosting } from "./remove-series.ts";
import { RENAMED_SERIES_MAX, renameTagRows } from "./rename-tag.ts";
import { seriesError } from "./series-error.ts";
import type { SeriesIds } from "./series-ids.ts";
import { noSeries, uniteIds } from "./series-ids.ts";
import type { Tag } from "./series-tags.ts";
import { binaryOf, decodeTags, encodeSorted, hash64 } from "./series-tags.ts";
import { sortedTags, textOf } from "./series-tags.ts";

/** A value of a tag, and the series that have it. */
export interface TagValue {
  readonly value: string;
  series(): SeriesIds;
}

/** Rows of one value that are read before the rest of them is skipped by a seek. */
const ROWS_BEFORE_SEEK = 8;

export class SeriesIndex implements DerivedState {
  readonly #counts = new Map<number, number>();
  readonly #new = new NewSeries();
  /** How many series each measurement had before the operation that is making or removing some. */
  #before: Map<number, number> | undefined;
  #nextId = 1;
  #generation = 0;

  /** Attach it to the shard, so that it follows when the tip rolls back. */
  constructor(view: ReadView) {
    this.rebuild(view);
  }

  /** Changes whenever ids that were given out may be void: caches of ids are void then, too. */
  get generation(): number {
    return this.#generation;
  }

  /** All series of a measurement. */
  seriesOf(view: ReadView, measurementId: number): SeriesIds {
    return readPosting(view, membersOf(measurementId));
  }

  /** How many that are, without reading. */
  seriesCount(measurementId: number): number {
    return this.#counts.get(measurementId) ?? 0;
  }

  /** Series of a measurement that have the tag with this value. */
  seriesWithTag(view: ReadView, measurementId: number, tag: TagNames): SeriesIds {
    return readPosting(view, postingKey(measurementId, binaryTag(tag)));
  }

  /** Whether a series of the measurement has the tag with this value; names are binary. */
  hasTagValue(view: ReadView, measurementId: number, tag: TagNames): boolean {
    const prefix = postingKey(measurementId, tag);
    for (const _ of view.range(prefix, prefixEnd(prefix), { limit: 1 })) return true;
    return false;
  }

  /** Series of a measurement that have the tag, with any value. */
  seriesWithKey(view: ReadView, measurementId: number, key: string): SeriesIds {
    return uniteIds([...this.setsWithKey(view, measurementId, key)]);
  }

  /** The same, piece by piece: each is the series of a value, or some of them. */
  *setsWithKey(view: ReadView, measurementId: number, key: string): Iterable<SeriesIds> {
    const start = postingsOf(measurementId) + keyPart(binaryOf(key));
    for (const [, bytes] of view.range(start, prefixEnd(start))) yield decodeIds(bytes);
  }

  /** Tag keys of a measurement, in the order of their bytes. */
  tagKeys(view: ReadView, measurementId: number): string[] {
    const keys: string[] = [];
    const start = postingsOf(measurementId);
    const end = prefixEnd(start);
    for (let from = start; ; ) {
      const [row] = view.range(from, end, { limit: 1 });
      if (row === undefined) return keys;
      const { bytes, next } = readKeyPart(row[0], start.length);
      keys.push(textOf(bytes ?? postingNames(row[1])?.key ?? ""));
      from = prefixEnd(row[0].slice(0, next));
    }
  }

  /** Values of a tag in a measurement, in the order of their bytes (long ones: of their start). */
  *tagValues(view: ReadView, measurementId: number, key: string): Iterable<TagValue> {
    const start = postingsOf(measurementId) + keyPart(binaryOf(key));
    const end = prefixEnd(start);
    let from: Key | undefined = start;
    while (from !== undefined) {
      const rows = view.range(from, end);
      from = undefined;
      let prefix = "";
      let repeats = 0;
      for (const [rowKey, bytes] of rows) {
        if (prefix !== "" && isChunkOf(prefix, rowKey)) {
          if (++repeats < ROWS_BEFORE_SEEK) continue;
          from = prefixEnd(prefix);
          break;
        }
        repeats = 0;
        const { bytes: value, next } = readKeyPart(rowKey, start.length);
        const posting = (prefix = rowKey.slice(0, next));
        const text = textOf(value ?? postingNames(bytes)?.value ?? "");
        yield { value: text, series: () => readPosting(view, posting) };
      }
    }
  }

  /** Tags of a series, ascending by the bytes of their keys; undefined: there is no such series. */
  tagsOf(view: ReadView, measurementId: number, seriesId: number): readonly Tag[] | undefined {
    const bytes = view.get(byIdKey(measurementId, seriesId));
    if (bytes === undefined) return undefined;
    return decodeTags(binaryOfBytes(bytes)).map(([key, value]) => [textOf(key), textOf(value)]);
  }

  /** Tags of all series of a measurement, by id: as tagsOf(), in one walk. */
  *tagsOfAll(view: ReadView, measurementId: number): Iterable<readonly Tag[]> {
    const rows = view.range(byIdKey(measurementId, 0), byIdKey(measurementId + 1, 0));
    for (const [, bytes] of rows) {
      yield decodeTags(binaryOfBytes(bytes)).map(([key, value]) => [textOf(key), textOf(value)]);
    }
  }

  /**
   * The id of the series with these tags (binary, in any order); or what create() makes it of. Only
   * an operation sees the series that it has made itself.
   */
  look(view: ReadView, measurementId: number, tags: readonly Tag[]): number | UnknownSeries {
    const sorted = sortedTags(tags);
    const encoded = encodeSorted(sorted);
    const hashKey = byTagsKey(measurementId, hash64(encoded));
    const made = this.#new.find(hashKey, encoded);
    if (made !== undefined) return made;
    const others = view.get(hashKey);
    for (let at = 0; at < (others?.length ?? 0); at += 4) {
      const id = readU32(others as Uint8Array, at);
      const found = view.get(byIdKey(measurementId, id));
      if (found !== undefined && binaryOfBytes(found) === encoded) return id;
    }
    return { measurementId, tags: sorted, encoded, hashKey, others };
  }

  /**
   * Makes a series that look() did not find in the same operation, which has made no other one with
   * these tags since; returns its id. The operation must call flush() before it ends.
   */
  create(tx: Transaction, series: UnknownSeries): number {
    this.#watch(tx);
    const id = this.#nextId++;
    this.#new.add(tx, series, id);
    this.#count(series.measurementId, 1);
    return id;
  }

  /** Writes what is gathered over the series that an operation makes. */
  flush(tx: Transaction): void {
    if (this.#before === undefined) return;
    this.#new.flush(tx);
    tx.reserve(nextIdKey, 4).writeUInt32LE(this.#nextId, 0);
    this.#putCounts(tx);
  }

  /** Removes series of a measurement; ids that are not there are passed over. Tells how many. */
  removeSeries(tx: Transaction, measurementId: number, ids: SeriesIds): number {
    this.#watch(tx);
    this.#void(tx);
    const postings = new Map<Key, { names: TagNames | undefined; gone: number[] }>();
    const note = (prefix: Key, names: TagNames | undefined, id: number): void => {
      const known = postings.get(prefix);
      if (known === undefined) postings.set(prefix, { names, gone: [id] });
      else known.gone.push(id);
    };
    let removed = 0;
    for (const id of ids) {
      const bytes = tx.get(byIdKey(measurementId, id));
      if (bytes === undefined) continue;
      removed++;
      const tags = binaryOfBytes(bytes);
      this.#removeHash(tx, byTagsKey(measurementId, hash64(tags)), id);
      tx.delete(byIdKey(measurementId, id));
      note(membersOf(measurementId), undefined, id);
      for (const [key, value] of decodeTags(tags)) {
        note(postingKey(measurementId, { key, value }), { key, value }, id);
      }
    }
    for (const [prefix, { names, gone }] of postings) {
      const head = names === undefined ? plainHead : postingHead(names);
      removeFromPosting(tx, prefix, { head, gone: Uint32Array.from(gone) });
    }
    this.#count(measurementId, -removed);
    this.#putCounts(tx);
    return removed;
  }

  /**
   * Gives a tag of a measurement another name. Throws if a series has that one already, if none has
   * the tag, or if they are too many for one operation.
   */
  renameTag(tx: Transaction, measurementId: number, names: { from: string; to: string }): void {
    const [from, to] = [binaryOf(names.from), binaryOf(names.to)];
    const ids = this.seriesWithKey(tx, measurementId, names.from);
    if (ids.length === 0) throw seriesError("NOT_FOUND", `tag not found: ${names.from}`);
    if (from === to) return;
    if (to === "" || to === "time") {
      throw seriesError("INVALID_ARGUMENT", `invalid tag name: "${names.to}"`);
    }
    if (this.seriesWithKey(tx, measurementId, names.to).length > 0) {
      throw seriesError("ALREADY_EXISTS", `tag already exists: ${names.to}`);
    }
    if (ids.length > RENAMED_SERIES_MAX) {
      const limit = `at most ${RENAMED_SERIES_MAX} series may have a tag that is renamed`;
      throw seriesError("TOO_LARGE", `${limit}, ${ids.length} have ${names.from}`);
    }
    this.#void(tx);
    const removeHash = (key: Key, id: number): void => this.#removeHash(tx, key, id);
    renameTagRows(tx, { measurementId, ids, from, to, removeHash });
  }

  /** Removes everything about a measurement. */
  removeMeasurement(tx: Transaction, measurementId: number): void {
    this.#void(tx);
    for (const prefix of measurementPrefixes(measurementId)) {
      tx.deleteRange(prefix, prefixEnd(prefix));
    }
    const count = this.#counts.get(measurementId);
    this.#counts.delete(measurementId);
    if (count !== undefined) tx.onUndone(() => this.#counts.set(measurementId, count));
  }

  /** Brings what is in memory to what the rows say. */
  rebuild(view: ReadView): void {
    this.#before = undefined;
    this.#forgetIds();
    this.#counts.clear();
    const next = view.get(nextIdKey);
    this.#nextId = next === undefined ? 1 : readU32(next);
    for (const [key, value] of view.range(countPrefix, prefixEnd(countPrefix))) {
      this.#counts.set(readKeyU32(key, countPrefix.length), readU32(value));
    }
  }

  /** What an operation did in memory is taken back if it is undone. */
  #watch(tx: Transaction): void {
    if (this.#before !== undefined) return;
    const nextId = this.#nextId;
    const before = (this.#before = new Map<number, number>());
    tx.onUndone(() => {
      this.#nextId = nextId;
      for (const [id, count] of before) this.#counts.set(id, count);
      this.#before = undefined;
      this.#forgetIds();
    });
  }

  #count(measurementId: number, more: number): void {
    const count = this.seriesCount(measurementId);
    if (this.#before?.has(measurementId) === false) this.#before.set(measurementId, count);
    this.#counts.set(measurementId, count + more);
  }

  #putCounts(tx: Transaction): void {
    for (const id of this.#before?.keys() ?? []) {
      tx.reserve(countKey(id), 4).writeUInt32LE(this.seriesCount(id), 0);
    }
    this.#before = undefined;
  }

  #removeHash(tx: Transaction, key: Key, id: number): void {
    const ids = tx.get(key);
    if (ids === undefined) return;
    const rest: number[] = [];
    for (let at = 0; at < ids.length; at += 4) {
      const each = readU32(ids, at);
      if (each !== id) rest.push(each);
    }
    if (rest.length === 0) return tx.delete(key);
    const left = tx.reserve(key, rest.length * 4);
    for (const [place, each] of rest.entries()) left.writeUInt32LE(each, place * 4);
  }

  #void(tx: Transaction): void {
    this.#forgetIds();
    tx.onUndone(() => this.#forgetIds());
  }

  #forgetIds(): void {
    this.#new.clear();
    this.#generation++;
  }
}

/** Whether a row is of the posting; values that follow each other mostly differ at their ends. */
function isChunkOf(posting: Key, rowKey: Key): boolean {
  const end = posting.length - 1;
  for (let i = end; i > end - 4; i--) {
    if (posting.charCodeAt(i) !== rowKey.charCodeAt(i)) return false;
  }
  return rowKey.startsWith(posting);
}

function binaryTag({ key, value }: TagNames): TagNames {
  return { key: binaryOf(key), value: binaryOf(value) };
}

function readPosting(view: ReadView, prefix: Key): SeriesIds {
  const sets: SeriesIds[] = [];
  for (const [, bytes] of view.range(prefix, prefixEnd(prefix))) sets.push(decodeIds(bytes));
  return sets.length === 0 ? noSeries : uniteIds(sets);
}

function readU32(bytes: Uint8Array, at = 0): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32LE(at);
}

function binaryOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
