/**
 * The waiting timers of a clock, ordered by due time and, among equals, by when they were added.
 *
 * A binary heap with lazy removal: cancel() only marks an entry, because finding it in the heap
 * would cost O(n). Marked entries are dropped when they surface, and all at once when they are more
 * than half of the heap, so that timers which are set and cancelled for ever do not pile up.
 */

/** A timer in a queue; `cancel` is what a Clock hands out. */
export interface QueuedTimer {
  readonly due: number;
  cancel(): void;
}

class Entry implements QueuedTimer {
  readonly due: number;
  readonly sequence: number;
  readonly #queue: TimerQueue;
  /** Undefined once the timer fired or was cancelled, so that what it captured can be freed. */
  fire: (() => void) | undefined;

  constructor(queue: TimerQueue, place: { due: number; sequence: number }, fire: () => void) {
    this.#queue = queue;
    this.due = place.due;
    this.sequence = place.sequence;
    this.fire = fire;
  }

  cancel(): void {
    if (this.fire === undefined) return;
    this.fire = undefined;
    this.#queue.noteCancelled();
  }
}

/** Below this size a heap full of cancelled entries is not worth rebuilding. */
const compactSizeMin = 64;

export class TimerQueue {
  #heap: Entry[] = [];
  #sequence = 0;
  #cancelledCount = 0;

  /** Timers that are waiting. */
  get size(): number {
    return this.#heap.length - this.#cancelledCount;
  }

  /** Adds a timer; `due` is in whatever unit the owner counts time. */
  add(due: number, fire: () => void): QueuedTimer {
    const entry = new Entry(this, { due, sequence: this.#sequence++ }, fire);
    this.#heap.push(entry);
    siftUp(this.#heap, this.#heap.length - 1);
    return entry;
  }

  /** Due time of the first waiting timer; undefined when none waits. */
  nextDue(): number | undefined {
    this.#dropCancelledFirst();
    return this.#heap[0]?.due;
  }

  /** Takes the first timer out if it is due at `now`, and returns what it runs. */
  takeDue(now: number): (() => void) | undefined {
    this.#dropCancelledFirst();
    const first = this.#heap[0];
    if (first === undefined || first.due > now) return undefined;
    removeFirst(this.#heap);
    const { fire } = first;
    first.fire = undefined;
    return fire;
  }

  /** For entries only: one of them was cancelled while it waited. */
  noteCancelled(): void {
    this.#cancelledCount++;
    if (this.#heap.length < compactSizeMin) return;
    if (this.#cancelledCount * 2 <= this.#heap.length) return;
    // A sorted array is a heap.
    this.#heap = this.#heap.filter((entry) => entry.fire !== undefined);
    this.#heap.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#cancelledCount = 0;
  }

  #dropCancelledFirst(): void {
    while (this.#heap[0] !== undefined && this.#heap[0].fire === undefined) {
      removeFirst(this.#heap);
      this.#cancelledCount--;
    }
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.sequence < b.sequence);
}

function removeFirst(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  siftDown(heap);
}

function siftUp(heap: Entry[], start: number): void {
  let at = start;
  const entry = heap[at] as Entry;
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt] as Entry;
    if (!isBefore(entry, parent)) break;
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = entry;
}

function siftDown(heap: Entry[]): void {
  let at = 0;
  const entry = heap[0] as Entry;
  for (;;) {
    let childAt = 2 * at + 1;
    if (childAt >= heap.length) break;
    const right = heap[childAt + 1];
    if (right !== undefined && isBefore(right, heap[childAt] as Entry)) childAt++;
    const child = heap[childAt] as Entry;
    if (!isBefore(child, entry)) break;
    heap[at] = child;
    at = childAt;
  }
  heap[at] = entry;
}
