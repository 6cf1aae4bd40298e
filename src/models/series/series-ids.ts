/** Sets of series ids: ascending Uint32Arrays without repeats. The results are new arrays. */

export type SeriesIds = Uint32Array;

export const noSeries: SeriesIds = new Uint32Array(0);

/** Where `id` is or would be, from `low` on: the first place whose id is not smaller. */
export function placeOf(ids: SeriesIds, id: number, low = 0): number {
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ids that are in both. */
export function intersectIds(a: SeriesIds, b: SeriesIds): SeriesIds {
  const [few, many] = a.length <= b.length ? [a, b] : [b, a];
  const both = new Uint32Array(few.length);
  let count = 0;
  // A few ids are looked up among many; sets of like size are walked side by side.
  const isSparse = few.length * 16 < many.length;
  let at = 0;
  for (let i = 0; i < few.length; i++) {
    const id = few[i] as number;
    if (isSparse) at = placeOf(many, id, at);
    else while (at < many.length && (many[at] as number) < id) at++;
    if (at === many.length) break;
    if (many[at] === id) both[count++] = id;
  }
  return both.slice(0, count);
}

/** Ids that are in `a` and not in `b`. */
export function subtractIds(a: SeriesIds, b: SeriesIds): SeriesIds {
  const rest = new Uint32Array(a.length);
  let count = 0;
  let at = 0;
  for (let i = 0; i < a.length; i++) {
    const id = a[i] as number;
    while (at < b.length && (b[at] as number) < id) at++;
    if (b[at] !== id) rest[count++] = id;
  }
  return rest.slice(0, count);
}

/** So many ids are sorted through a bit for each id there could be, if they are dense enough. */
const BITS_FROM = 4096;
/** Ids of the span for each one that is there. */
const SPARSE_MAX = 256;

/** Sorts ids and leaves out repeats. */
function throughBits(ids: SeriesIds): SeriesIds {
  let [min, max] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < ids.length; i++) {
    min = Math.min(min, ids[i] as number);
    max = Math.max(max, ids[i] as number);
  }
  if (max - min > ids.length * SPARSE_MAX) {
    ids.sort();
    return ids.filter((id, place) => place === 0 || id !== ids[place - 1]);
  }
  const bits = new Uint32Array(((max - min) >>> 5) + 1);
  for (let i = 0; i < ids.length; i++) {
    const bit = (ids[i] as number) - min;
    bits[bit >>> 5] = (bits[bit >>> 5] as number) | (1 << (bit & 31));
  }
  let count = 0;
  for (let word = 0; word < bits.length; word++) {
    for (let rest = bits[word] as number; rest !== 0; rest &= rest - 1) {
      ids[count++] = min + word * 32 + 31 - Math.clz32(rest & -rest);
    }
  }
  return ids.slice(0, count);
}

/** Ids that are in any of the sets. */
export function uniteIds(sets: readonly SeriesIds[]): SeriesIds {
  if (sets.length === 0) return noSeries;
  if (sets.length === 1) return (sets[0] as SeriesIds).slice();
  let length = 0;
  for (const set of sets) length += set.length;
  const all = new Uint32Array(length);
  let end = 0;
  let isAscending = true;
  for (const set of sets) {
    if (end > 0 && set.length > 0 && (set[0] as number) <= (all[end - 1] as number)) {
      isAscending = false;
    }
    all.set(set, end);
    end += set.length;
  }
  if (isAscending) return all;
  if (length >= BITS_FROM) return throughBits(all);
  all.sort();
  let count = 1;
  for (let i = 1; i < all.length; i++) {
    if (all[i] !== all[i - 1]) all[count++] = all[i] as number;
  }
  return all.slice(0, count);
}
