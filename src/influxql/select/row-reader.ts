/** Rows of a query one at a time, with a look at the next one. */
import type { Value } from "../result.ts";

export type Row = readonly Value[];

export class RowReader {
  readonly #source: AsyncIterator<readonly Row[]>;
  #rows: readonly Row[] = [];
  #place = 0;
  #isDone = false;

  constructor(source: AsyncIterable<readonly Row[]>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next row; undefined: there is none, or it has to be waited for (fill). */
  get next(): Row | undefined {
    return this.#rows[this.#place];
  }

  /** Whether rows have to be fetched before `next` tells the truth. */
  get isEmpty(): boolean {
    return this.#place >= this.#rows.length && !this.#isDone;
  }

  async fill(): Promise<void> {
    while (this.isEmpty) {
      const { done, value } = await this.#source.next();
      this.#place = 0;
      this.#rows = done === true ? [] : value;
      this.#isDone = done === true;
    }
  }

  skip(): void {
    this.#place += 1;
  }
}

/** The time a row starts with. */
export function timeOfRow(row: Row): bigint {
  const [time] = row;
  return typeof time === "bigint" ? time : 0n;
}
