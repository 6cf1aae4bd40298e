/**
 * Newest row by series id: open addressing in two typed arrays, 8 bytes a slot, at most two thirds
 * full. A million series cost no million objects.
 */

/** The series has no row. */
export const NO_ROW = -1;

const FIRST_SLOTS = 16;
/** Fibonacci hashing: ids that follow each other lie apart. */
const MULTIPLIER = 0x9e3779b1;

export class SeriesTable {
  #ids = new Uint32Array(FIRST_SLOTS);
  /** NO_ROW: the slot is free. Else a row plus 1; 0: the series has no row any more. */
  #rows = new Int32Array(FIRST_SLOTS).fill(NO_ROW);
  #size = 0;

  /** Series that had a row at some time. */
  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#ids.byteLength + this.#rows.byteLength;
  }

  get(seriesId: number): number {
    const row = this.#rows[this.#slotOf(seriesId)] as number;
    return row <= 0 ? NO_ROW : row - 1;
  }

  /** Sets the newest row (or NO_ROW) and returns the one before. */
  exchange(seriesId: number, row: number): number {
    const slot = this.#slotOf(seriesId);
    const before = this.#rows[slot] as number;
    this.#rows[slot] = row + 1;
    if (before > 0) return before - 1;
    if (before === NO_ROW) {
      this.#ids[slot] = seriesId;
      if (++this.#size * 3 > this.#ids.length * 2) this.#grow();
    }
    return NO_ROW;
  }

  /** All ids, ascending. */
  sortedIds(): Uint32Array {
    const ids = this.#ids.filter((_id, slot) => (this.#rows[slot] as number) > 0);
    return ids.sort();
  }

  #slotOf(seriesId: number): number {
    const mask = this.#ids.length - 1;
    let slot = (Math.imul(seriesId, MULTIPLIER) >>> 8) & mask;
    while (this.#rows[slot] !== NO_ROW && this.#ids[slot] !== seriesId) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const ids = this.#ids;
    const rows = this.#rows;
    this.#ids = new Uint32Array(ids.length * 2);
    this.#rows = new Int32Array(ids.length * 2).fill(NO_ROW);
    for (let slot = 0; slot < ids.length; slot++) {
      if (rows[slot] === NO_ROW) continue;
      const place = this.#slotOf(ids[slot] as number);
      this.#ids[place] = ids[slot] as number;
      this.#rows[place] = rows[slot] as number;
    }
  }
}
