/**
 * Reading an ordered map in order: entries of a range, forwards and backwards, and the keys that
 * selectors stand for.
 *
 * Ranges are half-open here: begin <= key < end. The key right behind k is k with a zero byte.
 */
import type { Key } from "../../base/key.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { groupOf, isLongRow, readEntry } from "./rows.ts";
import type { ZEntry, ZSpace } from "./rows.ts";

/** begin <= key < end; undefined: from the first, to the last. */
export interface ZRange {
  readonly begin?: Key | undefined;
  readonly end?: Key | undefined;
}

export const keySelectors = [
  "first_greater_than",
  "first_greater_or_equal",
  "last_less_than",
  "last_less_or_equal",
] as const;

/** Says which key is meant, by its place beside another one. */
export type KeySelector = (typeof keySelectors)[number];

/** Entries in order, or from the last to the first. Leave the loop when there are enough. */
export function* scan(
  view: ReadView,
  space: ZSpace,
  options: ZRange & { readonly reverse?: boolean },
): Iterable<ZEntry> {
  const { begin = "", end, reverse = false } = options;
  if (end !== undefined && begin >= end) return;
  const until = end === undefined ? space.end : space.until(end);
  let group: ZEntry[] = [];
  let groupKey: Key | undefined;
  for (const [row, bytes] of view.range(space.from(begin), until, { reverse })) {
    const long = isLongRow(row);
    if (groupKey !== undefined && (!long || groupOf(row) !== groupKey)) {
      yield* sorted(group, reverse);
      group = [];
      groupKey = undefined;
    }
    const entry = readEntry(row, bytes);
    // The rows of long keys can hold keys just outside of the range.
    if (entry.key < begin || (end !== undefined && entry.key >= end)) continue;
    if (long) {
      groupKey = groupOf(row);
      group.push(entry);
    } else {
      yield entry;
    }
  }
  yield* sorted(group, reverse);
}

/** The key that a selector stands for; undefined if there is none. */
export function selectKey(
  view: ReadView,
  space: ZSpace,
  { key, selector }: { readonly key: Key; readonly selector: KeySelector },
): Key | undefined {
  const behind = `${key}\0`;
  switch (selector) {
    case "first_greater_or_equal":
      return firstKey(view, space, { begin: key });
    case "first_greater_than":
      return firstKey(view, space, { begin: behind });
    case "last_less_than":
      return firstKey(view, space, { end: key, reverse: true });
    case "last_less_or_equal":
      return firstKey(view, space, { end: behind, reverse: true });
  }
}

/** A range whose ends are given by selectors. */
export interface SelectedRange extends ZRange {
  /** Default first_greater_or_equal: `begin` is in the range. */
  readonly beginSelector?: KeySelector | undefined;
  /** Default first_greater_than: `end` is in the range. */
  readonly endSelector?: KeySelector | undefined;
}

/** The half-open range that two selected keys make; undefined: it is empty. */
export function selectRange(
  view: ReadView,
  space: ZSpace,
  range: SelectedRange,
): ZRange | undefined {
  const { beginSelector = "first_greater_or_equal", endSelector = "first_greater_than" } = range;
  const { begin, end } = range;
  const from =
    begin === undefined
      ? ""
      : (boundOf(view, space, { key: begin, selector: beginSelector }) ?? "");
  if (end === undefined) return { begin: from };
  const until = boundOf(view, space, { key: end, selector: endSelector });
  // No key is before `end`: nothing is before the one selected.
  return until === undefined ? undefined : { begin: from, end: until };
}

/** Where a selected key is, or would be. Only the last_… selectors have to look for it. */
function boundOf(
  view: ReadView,
  space: ZSpace,
  selected: { readonly key: Key; readonly selector: KeySelector },
): Key | undefined {
  if (selected.selector === "first_greater_or_equal") return selected.key;
  if (selected.selector === "first_greater_than") return `${selected.key}\0`;
  return selectKey(view, space, selected);
}

function firstKey(
  view: ReadView,
  space: ZSpace,
  options: ZRange & { readonly reverse?: boolean },
): Key | undefined {
  for (const { key } of scan(view, space, options)) return key;
  return undefined;
}

function sorted(group: ZEntry[], reverse: boolean): ZEntry[] {
  group.sort((a, b) => (a.key < b.key ? -1 : 1));
  return reverse ? group.toReversed() : group;
}
