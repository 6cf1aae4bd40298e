/**
 * Items by due time: the scheduler's memory of what to wake when.
 *
 * The near future, `slots` ticks from the base tick on, is a ring of slots; what is later waits in
 * an overflow heap and moves into the ring as the base tick advances.
 *
 *   tick = floor(at / tickMs)      slot = tick mod slots
 *
 *            base tick                          base tick + slots
 *   ring     ├──────────────────────────────────┤
 *   overflow                                    ├───────────────────────────────>
 *
 * Invariants: every item of the ring has base <= tick < base + slots, except that items from before
 * the base tick (scheduled in the past, or while the clock is set back) are in the base slot; every
 * item of the overflow is later than all of the ring. Positions come from the absolute time only:
 * expire() jumps to its `now` in one step, however far, and compares each item's own `at`, so that
 * the width of a slot never makes an item early or late.
 *
 * schedule, cancel and nextTime are O(1) for near items (nextTime looks through one slot after its
 * earliest item left), O(log n) for the overflow; expire is O(fired) and a bit per slot passed.
 */
import { assert } from "../../base/assert.ts";
import { DueHeap } from "./due-heap.ts";
import type { HeapEntry } from "./due-heap.ts";
import { SlotBits } from "./slot-bits.ts";

export interface TimingWheelOptions {
  /** Width of a slot, ms. */
  readonly tickMs: number;
  readonly slots: number;
  /** Where the ring starts, Unix ms; a wrong value costs speed until the first expire(). */
  readonly now: number;
}

/** Values of Entry.slot beside the slots of the ring. */
const inOverflow = -1;
const inFiring = -2;

interface Entry<T> extends HeapEntry {
  readonly item: T;
  at: number;
  /** Order among items of the same time: that of their schedule() calls. */
  sequence: number;
  slot: number;
}

export class TimingWheel<T> {
  readonly #tickMs: number;
  readonly #ring: readonly Entry<T>[][];
  /** Per slot the smallest `at`; infinite when empty, NaN when that item left. */
  readonly #earliest: Float64Array;
  readonly #occupied: SlotBits;
  readonly #overflow = new DueHeap<Entry<T>>();
  readonly #entries = new Map<T, Entry<T>>();
  #baseTick: number;
  #sequence = 0;
  #isFiring = false;

  constructor(options: TimingWheelOptions) {
    const { tickMs, slots } = options;
    assert(Number.isInteger(tickMs) && tickMs > 0, "Tick must be an integer of ms above 0");
    assert(Number.isInteger(slots) && slots > 0, "Slots must be an integer above 0");
    this.#tickMs = tickMs;
    this.#ring = Array.from({ length: slots }, () => []);
    this.#earliest = new Float64Array(slots).fill(Infinity);
    this.#occupied = new SlotBits(slots);
    this.#baseTick = this.#tickOf(options.now);
  }

  /** Items that wait. */
  get size(): number {
    return this.#entries.size;
  }

  /** Makes `item` due at `at`, Unix ms, instead of when it was due before. */
  schedule(item: T, at: number): void {
    assert(Number.isSafeInteger(at), "Due time must be a safe integer");
    const sequence = this.#sequence++;
    const known = this.#entries.get(item);
    if (known !== undefined) {
      if (known.at === at && known.slot !== inFiring) return;
      this.#take(known);
      known.at = at;
      known.sequence = sequence;
      return this.#place(known);
    }
    const entry: Entry<T> = { item, at, sequence, slot: inFiring, index: 0 };
    this.#entries.set(item, entry);
    this.#place(entry);
  }

  /** Forgets when `item` is due; tells whether it was waiting. */
  cancel(item: T): boolean {
    const entry = this.#entries.get(item);
    if (entry === undefined) return false;
    this.#take(entry);
    return this.#entries.delete(item);
  }

  /** When `item` is due; undefined when it is not waiting. */
  timeOf(item: T): number | undefined {
    return this.#entries.get(item)?.at;
  }

  /** The earliest due time: expire() has nothing to do before it. Undefined when nothing waits. */
  nextTime(): number | undefined {
    const baseSlot = this.#slotOf(this.#baseTick);
    const ahead = this.#occupied.first(baseSlot, this.#ring.length);
    const slot = ahead >= 0 ? ahead : this.#occupied.first(0, baseSlot);
    return slot >= 0 ? this.#earliestOf(slot) : this.#overflow.peek()?.at;
  }

  /**
   * Hands every item with at <= now to `fire`, in order of `at`; it waits no more then. `fire` may
   * schedule and cancel items: one that is cancelled or moved before its turn is not fired, and one
   * that is scheduled, whenever, waits for the next expire(). A throw leaves the rest waiting.
   */
  expire(now: number, fire: (item: T) => void): void {
    assert(!this.#isFiring, "A fired item must not call expire()");
    assert(Number.isFinite(now), "Time must be a number of ms");
    const due = this.#takeDue(now);
    if (due.length === 0) return;
    due.sort((a, b) => a.at - b.at || a.sequence - b.sequence);
    this.#isFiring = true;
    try {
      for (const entry of due) {
        if (!this.#waitsToFire(entry)) continue;
        this.#entries.delete(entry.item);
        fire(entry.item);
      }
    } finally {
      this.#isFiring = false;
      for (const entry of due) if (this.#waitsToFire(entry)) this.#place(entry);
    }
  }

  /** Whether the entry was taken to be fired and neither fired, moved nor cancelled since. */
  #waitsToFire(entry: Entry<T>): boolean {
    return entry.slot === inFiring && this.#entries.get(entry.item) === entry;
  }

  /** Moves the ring to `now` and takes out what is due. */
  #takeDue(now: number): Entry<T>[] {
    const due: Entry<T>[] = [];
    const tick = this.#tickOf(now);
    if (tick >= this.#baseTick) this.#advance(tick, due);
    else if (this.#baseTick - tick >= this.#ring.length) this.#turnBack(tick);
    const slot = this.#slotOf(this.#baseTick);
    const entries = this.#ring[slot] ?? [];
    for (let at = entries.length - 1; at >= 0; at--) {
      const entry = entries[at];
      if (entry === undefined || entry.at > now) continue;
      this.#take(entry);
      due.push(entry);
    }
    return due;
  }

  /** Takes out the slots before `tick`, makes it the base and fills the ring from the overflow. */
  #advance(tick: number, due: Entry<T>[]): void {
    const slots = this.#ring.length;
    const from = this.#slotOf(this.#baseTick);
    const to = from + Math.min(tick - this.#baseTick, slots);
    this.#emptySlots(from, Math.min(to, slots), due);
    this.#emptySlots(0, to - slots, due);
    this.#baseTick = tick;
    for (;;) {
      const entry = this.#overflow.peek();
      if (entry === undefined || this.#tickOf(entry.at) >= tick + slots) return;
      this.#overflow.remove(entry);
      this.#place(entry);
    }
  }

  #emptySlots(from: number, to: number, due: Entry<T>[]): void {
    let slot = this.#occupied.first(from, to);
    for (; slot >= 0; slot = this.#occupied.first(slot + 1, to)) {
      for (const entry of this.#ring[slot]?.splice(0) ?? []) {
        entry.slot = inFiring;
        due.push(entry);
      }
      this.#earliest[slot] = Infinity;
      this.#occupied.clear(slot);
    }
  }

  /** The clock was set back by more than the ring: lets the ring start at `tick` again. */
  #turnBack(tick: number): void {
    const entries: Entry<T>[] = [];
    this.#emptySlots(0, this.#ring.length, entries);
    this.#baseTick = tick;
    for (const entry of entries) this.#place(entry);
  }

  #place(entry: Entry<T>): void {
    const tick = Math.max(this.#tickOf(entry.at), this.#baseTick);
    if (tick >= this.#baseTick + this.#ring.length) {
      entry.slot = inOverflow;
      return this.#overflow.push(entry);
    }
    const slot = this.#slotOf(tick);
    const entries = this.#ring[slot];
    assert(entries !== undefined, "Slot must be of the ring");
    entry.slot = slot;
    entry.index = entries.push(entry) - 1;
    this.#occupied.set(slot);
    // Math.min keeps NaN, which says that the smallest is to be looked for.
    this.#earliest[slot] = Math.min(this.#earliest[slot] ?? NaN, entry.at);
  }

  /** Takes the entry out of the ring or the overflow; one that is being fired is in neither. */
  #take(entry: Entry<T>): void {
    const { slot, index } = entry;
    if (slot === inOverflow) this.#overflow.remove(entry);
    entry.slot = inFiring;
    if (slot < 0) return;
    const entries = this.#ring[slot] ?? [];
    const last = entries.pop();
    if (last !== undefined && last !== entry) {
      entries[index] = last;
      last.index = index;
    }
    if (entries.length === 0) {
      this.#occupied.clear(slot);
      this.#earliest[slot] = Infinity;
    } else if (this.#earliest[slot] === entry.at) {
      this.#earliest[slot] = NaN;
    }
  }

  #earliestOf(slot: number): number {
    const known = this.#earliest[slot] ?? NaN;
    if (!Number.isNaN(known)) return known;
    let earliest = Infinity;
    for (const entry of this.#ring[slot] ?? []) earliest = Math.min(earliest, entry.at);
    this.#earliest[slot] = earliest;
    return earliest;
  }

  #tickOf(at: number): number {
    return Math.floor(at / this.#tickMs);
  }

  /** The slot of a tick, of one before 1970 too. */
  #slotOf(tick: number): number {
    const slots = this.#ring.length;
    return ((tick % slots) + slots) % slots;
  }
}
