/**
 * How large a range of an ordered map is, about. The first entries are weighed; if there are more,
 * the rest is taken to be like them, and how far they reach into the range tells how much it is.
 *
 * Places in the range are read off the keys as numbers whose digits are the bytes that occur in
 * them: keys that end in decimal numbers are then as evenly spread as the numbers are.
 */
import type { Key } from "../../base/key.ts";
import type { ReadView } from "../../store/base-tree.ts";
import type { ZSpace } from "./rows.ts";
import { scan } from "./scan.ts";
import type { ZRange } from "./scan.ts";

/** Entries that are weighed. */
const ENTRIES_MAX = 10_000;
/** Every so many of them, one gives its bytes to the digits. */
const SAMPLE_EVERY = 16;
/** Bytes behind what all keys begin with that tell a key's place. */
const PLACE_BYTES = 8;
/** Estimates are multiples of this: a small range has size 0. */
const STEP_BYTES = 4096;

/** Bytes of keys and values with begin <= key < end, in steps of 4 KiB. */
export function estimateSize(view: ReadView, space: ZSpace, range: ZRange): number {
  const sample: Key[] = [];
  let bytes = 0;
  let count = 0;
  for (const { key, value } of scan(view, space, range)) {
    bytes += key.length + value.length;
    if (count % SAMPLE_EVERY === 0) sample.push(key);
    if (++count < ENTRIES_MAX) continue;
    bytes *= timesAsFar(sample, key, lastKey(view, space, range) ?? key);
    break;
  }
  return Math.floor(bytes / STEP_BYTES) * STEP_BYTES;
}

/** How many times as far as to `at` it is from the first key to the last. */
function timesAsFar(sample: readonly Key[], at: Key, last: Key): number {
  const first = sample[0] ?? at;
  let same = 0;
  while (same < first.length && first[same] === last[same]) same++;
  const keys = [...sample, at, last].map((key) => key.slice(same, same + PLACE_BYTES));
  const digits = [...new Set(keys.join(""))].sort();
  const place = (key: Key): number => {
    let number = 0;
    for (let index = same; index < same + PLACE_BYTES; index++) {
      const digit = index < key.length ? digits.indexOf(key.charAt(index)) + 1 : 0;
      number = number * (digits.length + 1) + digit;
    }
    return number;
  };
  const done = place(at) - place(first);
  return done <= 0 ? 1 : Math.max(1, (place(last) - place(first)) / done);
}

function lastKey(view: ReadView, space: ZSpace, range: ZRange): Key | undefined {
  for (const { key } of scan(view, space, { ...range, reverse: true })) return key;
  return undefined;
}
