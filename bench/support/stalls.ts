/** How long the event loop let others wait: a timer that is due each millisecond, and was late. */

export class Stalls {
  readonly #waits: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#note(), 1);
  }

  /** Ends the watch. Each wait weighs as long as it lasted: that is how likely one meets it. */
  end(): { readonly p99: number; readonly longest: number } {
    clearInterval(this.#timer);
    this.#note();
    const waits = this.#waits.toSorted((a, b) => b - a);
    let rest = waits.reduce((sum, wait) => sum + wait, 0) / 100;
    const p99 = waits.find((wait) => (rest -= wait) <= 0) ?? 0;
    return { p99, longest: waits[0] ?? 0 };
  }

  #note(): void {
    const now = performance.now();
    this.#waits.push(now - this.#last);
    this.#last = now;
  }
}
