/**
 * The nearest runs of a stream in any order, in typed arrays: a replay keeps some hundred thousand.
 *
 *   collecting   add() appends; whenever there are twice as many as are to be kept, the farther
 *                half goes, and from then on nothing is taken that is farther than what was kept
 *   ordered      after order(): a heap, the earliest first; nothing is added any more
 *
 * Order is that of (due time, partition, offset); runs do not overlap.
 */
import { assert } from "../../base/assert.ts";
import type { TimePosition } from "./pending-merge.ts";

const CAPACITY_MIN = 1024;

/** A run of a partition that is given by its number. */
export interface NumberedRun {
  readonly due: number;
  readonly partition: number;
  readonly offset: number;
  readonly count: number;
}

export class RunSet {
  readonly #keptMax: number;
  #due = new Float64Array(CAPACITY_MIN);
  #offset = new Float64Array(CAPACITY_MIN);
  #count = new Uint32Array(CAPACITY_MIN);
  #partition = new Uint16Array(CAPACITY_MIN);
  #size = 0;
  #bound: NumberedRun | undefined;
  #isOrdered = false;

  /** Keeps at least `keptMax` runs, at most twice as many. */
  constructor(keptMax: number) {
    this.#keptMax = keptMax;
  }

  get size(): number {
    return this.#size;
  }

  /** What is farther than this was left out; undefined when nothing was. */
  get bound(): NumberedRun | undefined {
    return this.#bound;
  }

  add(run: NumberedRun): void {
    assert(!this.#isOrdered, "Runs must be added before they are put in order");
    const bound = this.#bound;
    if (bound !== undefined && !isBefore(run, bound)) return;
    if (this.#size >= 2 * this.#keptMax) {
      this.#keepNearest();
      this.add(run);
      return;
    }
    if (this.#size === this.#due.length) this.#grow();
    this.#put(this.#size++, run);
  }

  /** How many are due before `time`. */
  countBefore(time: number): number {
    let count = 0;
    for (let i = 0; i < this.#size; i++) if ((this.#due[i] as number) < time) count++;
    return count;
  }

  /** Drops the runs behind `next`, if there is one, and puts the others in order. */
  order(next: TimePosition | undefined): void {
    if (next !== undefined) this.#dropBehind(next);
    for (let at = (this.#size >> 1) - 1; at >= 0; at--) this.#sink(at, this.#run(at));
    this.#isOrdered = true;
    this.#bound = undefined;
  }

  /** The earliest run of an ordered set. */
  peek(): NumberedRun | undefined {
    return this.#size === 0 ? undefined : this.#run(0);
  }

  /** Takes the earliest run out of an ordered set. */
  pop(): NumberedRun | undefined {
    assert(this.#isOrdered, "Runs must be in order before they are taken");
    const first = this.peek();
    if (first === undefined) return undefined;
    const last = this.#run(--this.#size);
    if (this.#size > 0) this.#sink(0, last);
    return first;
  }

  #run(i: number): NumberedRun {
    return {
      due: this.#due[i] as number,
      partition: this.#partition[i] as number,
      offset: this.#offset[i] as number,
      count: this.#count[i] as number,
    };
  }

  #put(i: number, run: NumberedRun): void {
    this.#due[i] = run.due;
    this.#partition[i] = run.partition;
    this.#offset[i] = run.offset;
    this.#count[i] = run.count;
  }

  #move(from: number, to: number): void {
    this.#due[to] = this.#due[from] as number;
    this.#partition[to] = this.#partition[from] as number;
    this.#offset[to] = this.#offset[from] as number;
    this.#count[to] = this.#count[from] as number;
  }

  /** Whether run i comes before `run`. */
  #isBefore(i: number, run: NumberedRun): boolean {
    const due = this.#due[i] as number;
    if (due !== run.due) return due < run.due;
    const partition = this.#partition[i] as number;
    if (partition !== run.partition) return partition < run.partition;
    return (this.#offset[i] as number) < run.offset;
  }

  #dropBehind({ due, partition, offset }: TimePosition): void {
    const behind = { due, partition, offset: offset + 1, count: 0 };
    let kept = 0;
    for (let i = 0; i < this.#size; i++) if (this.#isBefore(i, behind)) this.#move(i, kept++);
    this.#size = kept;
  }

  /** Leaves the nearest `keptMax` runs. */
  #keepNearest(): void {
    const kept = this.#keptMax;
    let low = 0;
    let high = this.#size - 1;
    // Quickselect: narrows [low, high] until everything before `kept` is nearer than the rest.
    while (low < high) {
      const split = this.#partitionAround(low, high);
      if (split < kept - 1) low = split + 1;
      else if (split > kept - 1) high = split - 1;
      else break;
    }
    this.#size = kept;
    this.#bound = this.#run(kept - 1);
  }

  /** Puts the middle run of [low, high] where it belongs; returns that place. */
  #partitionAround(low: number, high: number): number {
    const pivot = this.#run((low + high) >>> 1);
    this.#move(high, (low + high) >>> 1);
    let split = low;
    for (let i = low; i < high; i++) {
      if (!this.#isBefore(i, pivot)) continue;
      if (i !== split) this.#swap(i, split);
      split++;
    }
    this.#move(split, high);
    this.#put(split, pivot);
    return split;
  }

  #swap(a: number, b: number): void {
    const run = this.#run(a);
    this.#move(b, a);
    this.#put(b, run);
  }

  /** Puts `run` at the free place `at` of the heap, or below it. */
  #sink(start: number, run: NumberedRun): void {
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#isBeforeOther(child + 1, child)) child++;
      if (!this.#isBefore(child, run)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, run);
  }

  #isBeforeOther(a: number, b: number): boolean {
    const due = (this.#due[a] as number) - (this.#due[b] as number);
    if (due !== 0) return due < 0;
    const partition = (this.#partition[a] as number) - (this.#partition[b] as number);
    if (partition !== 0) return partition < 0;
    return (this.#offset[a] as number) < (this.#offset[b] as number);
  }

  #grow(): void {
    const capacity = this.#due.length * 2;
    const [due, offset] = [new Float64Array(capacity), new Float64Array(capacity)];
    const [count, partition] = [new Uint32Array(capacity), new Uint16Array(capacity)];
    due.set(this.#due);
    offset.set(this.#offset);
    count.set(this.#count);
    partition.set(this.#partition);
    [this.#due, this.#offset, this.#count, this.#partition] = [due, offset, count, partition];
  }
}

/** The order of runs. */
export function isBefore(a: NumberedRun, b: NumberedRun): boolean {
  if (a.due !== b.due) return a.due < b.due;
  if (a.partition !== b.partition) return a.partition < b.partition;
  return a.offset < b.offset;
}
