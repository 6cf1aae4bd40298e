/**
 * A binary heap of things with a due time, each of which knows its place: removing one from the
 * middle costs O(log n) and leaves nothing behind. The overflow of the timing wheel.
 */
import { assert } from "../../base/assert.ts";

/** Something the heap can hold; in at most one heap at a time. */
export interface HeapEntry {
  readonly at: number;
  /** Place in the heap; the heap's own, meaningless outside. */
  index: number;
}

export class DueHeap<E extends HeapEntry> {
  readonly #heap: E[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The entry with the smallest `at`. */
  peek(): E | undefined {
    return this.#heap[0];
  }

  push(entry: E): void {
    this.#rise(entry, this.#heap.length);
  }

  /** Takes `entry`, which must be in this heap, out of it. */
  remove(entry: E): void {
    const { index } = entry;
    assert(this.#heap[index] === entry, "Heap entry must be where it says");
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    const parent = this.#heap[(index - 1) >> 1];
    if (index > 0 && parent !== undefined && last.at < parent.at) this.#rise(last, index);
    else this.#sink(last, index);
  }

  /** Puts `entry` at the free place `index`, or above it. */
  #rise(entry: E, index: number): void {
    let at = index;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt];
      if (parent === undefined || parent.at <= entry.at) break;
      this.#put(parent, at);
      at = parentAt;
    }
    this.#put(entry, at);
  }

  /** Puts `entry` at the free place `index`, or below it. */
  #sink(entry: E, index: number): void {
    let at = index;
    for (;;) {
      const left = this.#heap[2 * at + 1];
      if (left === undefined) break;
      const right = this.#heap[2 * at + 2];
      const child = right !== undefined && right.at < left.at ? right : left;
      if (child.at >= entry.at) break;
      const childAt = child.index;
      this.#put(child, at);
      at = childAt;
    }
    this.#put(entry, at);
  }

  #put(entry: E, index: number): void {
    this.#heap[index] = entry;
    entry.index = index;
  }
}
