/** Lets other work run every few milliseconds, and ends a query that was cancelled. */
import type { SelectContext } from "../result.ts";

/** How long a query keeps the thread. */
const SLICE_MS = 5;
export class Pacer {
  readonly #context: SelectContext;
  #since: number;

  constructor(context: SelectContext) {
    this.#context = context;
    this.#since = context.clock();
  }

  /** Whether it is time to pause. */
  isDue(): boolean {
    return this.#context.clock() - this.#since >= SLICE_MS;
  }

  /** @throws the reason of the signal if the query was cancelled */
  async pause(): Promise<void> {
    await this.#context.pause();
    this.#context.signal.throwIfAborted();
    this.#since = this.#context.clock();
  }
}
