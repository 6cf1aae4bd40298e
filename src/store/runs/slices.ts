/** Long work in slices, so that the event loop is held for about 1 ms at a time. */

const sliceRows = 500;
const sliceBytes = 256 * 1024;

/** Counts work; every so much of it is a turn of the event loop due. */
export class Slices {
  #rows = 0;
  #bytes = 0;

  /** Tells whether to await turn() now. */
  isDone(bytes: number): boolean {
    this.#rows++;
    this.#bytes += bytes;
    if (this.#rows < sliceRows && this.#bytes < sliceBytes) return false;
    this.#rows = 0;
    this.#bytes = 0;
    return true;
  }
}

/** Lets everything run that waits for the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
