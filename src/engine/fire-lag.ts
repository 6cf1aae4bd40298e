/**
 * How late events were handed out for the first time, since the database was opened.
 */
export class FireLag {
  #count = 0;
  #totalMs = 0;
  #maxMs = 0;

  /** `count` events were handed out `lagMs` after they were due. */
  add(lagMs: number, count: number): void {
    this.#count += count;
    this.#totalMs += lagMs * count;
    if (lagMs > this.#maxMs) this.#maxMs = lagMs;
  }

  get averageMs(): number {
    return this.#count === 0 ? 0 : this.#totalMs / this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }
}
