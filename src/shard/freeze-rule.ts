/**
 * When the active memtable is put aside for the base tree: when its rows have become large, or the
 * log behind it has. Without the second, writing the same few rows again and again would never
 * freeze anything: the log could not be trimmed, a start would read all of it, and the buffers of
 * overwritten values would stay as long as one row in each of them does.
 */

/** Bytes of log that a memtable may stand for, as a multiple of the bytes of rows it may hold. */
const LOG_FACTOR = 2;

export class FreezeRule {
  readonly #rowBytesMax: number;
  #logBytes = 0;

  constructor(rowBytesMax: number) {
    this.#rowBytesMax = rowBytesMax;
  }

  /** To be asked at each record; `true` means that the memtable is frozen now. */
  isDue(rowBytes: number, recordBytes: number): boolean {
    this.#logBytes += recordBytes;
    if (rowBytes < this.#rowBytesMax && this.#logBytes < LOG_FACTOR * this.#rowBytesMax) {
      return false;
    }
    this.#logBytes = 0;
    return true;
  }
}
