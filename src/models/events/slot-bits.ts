/**
 * One bit per slot of the timing wheel, set while the slot holds something: an empty wheel of any
 * size is passed over 32 slots at a step.
 */
export class SlotBits {
  readonly #words: Uint32Array;

  constructor(slots: number) {
    this.#words = new Uint32Array(Math.ceil(slots / 32));
  }

  set(slot: number): void {
    this.#words[slot >>> 5] = this.#word(slot >>> 5) | (1 << (slot & 31));
  }

  clear(slot: number): void {
    this.#words[slot >>> 5] = this.#word(slot >>> 5) & ~(1 << (slot & 31));
  }

  /** The first set slot of from <= slot < to; -1 if there is none. */
  first(from: number, to: number): number {
    if (from >= to) return -1;
    const lastWord = (to - 1) >>> 5;
    let bits = this.#word(from >>> 5) & (-1 << (from & 31));
    for (let word = from >>> 5; ; bits = this.#word(++word)) {
      if (bits !== 0) {
        const slot = word * 32 + 31 - Math.clz32(bits & -bits);
        return slot < to ? slot : -1;
      }
      if (word >= lastWord) return -1;
    }
  }

  #word(at: number): number {
    return this.#words[at] ?? 0;
  }
}
