/**
 * Deleted ranges of a memtable: disjoint, non-touching [start, end) ranges, each of which hides the
 * rows of all lower layers. Kept in an ordered tree start -> end (null: to the last key), because a
 * model may delete tens of thousands of small ranges between two flushes.
 *
 * Scans ask for the visible gap around or next to a key and jump there (layered-view.ts).
 */
import type { Key } from "../base/key.ts";
import { TreeCursor, treeFloor } from "./ordered-tree.ts";
import type { OrderedTree, TreeNode } from "./ordered-tree.ts";

/** A captured set of ranges. */
export type HiddenRanges = TreeNode<Key | null>;

/** What a scan asks for; `end` undefined means to the last key. */
export interface Span {
  readonly start: Key;
  readonly end: Key | undefined;
}

/** Tells whether `key` is hidden, given the end of the last range that starts at or before it. */
export function hides(floorEnd: Key | null | undefined, key: Key): boolean {
  return floorEnd === null || (floorEnd !== undefined && key < floorEnd);
}

/** Adds a range, merging it with those that it overlaps or touches. */
export function hideRange(ranges: OrderedTree<Key | null>, start: Key, end: Key | undefined): void {
  const captured = ranges.capture();
  const cursor = new TreeCursor(captured);
  let from = start;
  let to: Key | null = end ?? null;
  cursor.seekBefore(start);
  if (cursor.key !== undefined && reaches(cursor.value, start)) from = cursor.key;
  for (cursor.seek(from); cursor.key !== undefined; cursor.next()) {
    if (to !== null && cursor.key > to) break;
    to = later(to, cursor.value ?? null);
  }
  // "\0" is the smallest suffix: the range that starts exactly at `to` was merged and goes too.
  ranges.deleteRange(from, to === null ? undefined : to + "\0", ignore);
  ranges.set(from, to);
}

function reaches(end: Key | null | undefined, key: Key): boolean {
  return end === null || (end !== undefined && end >= key);
}

function later(a: Key | null, b: Key | null): Key | null {
  if (a === null || b === null) return null;
  return a > b ? a : b;
}

function ignore(): void {}

/** The first part of `span` at or after its start that none of the sets hides. */
export function firstVisible(sets: readonly HiddenRanges[], span: Span): Span | undefined {
  let start = span.start;
  for (let moved = true; moved; ) {
    moved = false;
    for (const ranges of sets) {
      const end = treeFloor(ranges, start);
      if (end === null) return undefined;
      if (end === undefined || start >= end) continue;
      start = end;
      moved = true;
    }
  }
  if (span.end !== undefined && start >= span.end) return undefined;
  let end = span.end;
  for (const ranges of sets) {
    const cursor = new TreeCursor(ranges);
    cursor.seek(start);
    if (cursor.key !== undefined && (end === undefined || cursor.key < end)) end = cursor.key;
  }
  return { start, end };
}

/** The last part of `span` that none of the sets hides. */
export function lastVisible(sets: readonly HiddenRanges[], span: Span): Span | undefined {
  let end = span.end;
  for (let moved = true; moved; ) {
    moved = false;
    for (const ranges of sets) {
      const cursor = new TreeCursor(ranges);
      cursor.seekBefore(end);
      if (cursor.key === undefined) continue;
      const covers = cursor.value === null || (end !== undefined && reaches(cursor.value, end));
      if (!covers) continue;
      end = cursor.key;
      moved = true;
    }
  }
  if (end !== undefined && end <= span.start) return undefined;
  let start = span.start;
  for (const ranges of sets) {
    const cursor = new TreeCursor(ranges);
    cursor.seekBefore(end);
    if (cursor.key !== undefined && cursor.value && cursor.value > start) start = cursor.value;
  }
  return { start, end };
}
