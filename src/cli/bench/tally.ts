/**
 * What became of every event of a run, exactly: one byte per event.
 *
 *   bit 7      the server answered that it is stored
 *   bits 0-6   how often it was received, at most 127
 */

const storedBit = 0x80;
const receivedMask = 0x7f;

export class Tally {
  #events = new Uint8Array(1 << 20);
  #next = 0;
  stored = 0;
  /** Received at least once, and how many of those not for the first time. */
  received = 0;
  duplicates = 0;
  /** Received before they were due. */
  early = 0;
  /** Received, but not published by this run. */
  foreign = 0;

  /** Numbers for `count` new events; the first of them. */
  take(count: number): number {
    const first = this.#next;
    this.#next += count;
    while (this.#next > this.#events.length) {
      const larger = new Uint8Array(this.#events.length * 2);
      larger.set(this.#events);
      this.#events = larger;
    }
    return first;
  }

  /** Numbers given out so far. */
  get taken(): number {
    return this.#next;
  }

  /** The server stored `count` events from `first` on. */
  markStored(first: number, count: number): void {
    for (let number = first; number < first + count; number++) {
      this.#events[number] = (this.#events[number] ?? 0) | storedBit;
    }
    this.stored += count;
  }

  /** An event came, at a time it was due or not. */
  markReceived(number: number, isEarly: boolean): void {
    if (number < 0 || number >= this.#next) {
      this.foreign++;
      return;
    }
    if (isEarly) this.early++;
    const state = this.#events[number] ?? 0;
    const times = state & receivedMask;
    if (times === 0) this.received++;
    else this.duplicates++;
    if (times < receivedMask) this.#events[number] = state + 1;
  }

  /** Stored and never received. */
  lost(): number {
    let lost = 0;
    for (let number = 0; number < this.#next; number++) {
      if (this.#events[number] === storedBit) lost++;
    }
    return lost;
  }
}
