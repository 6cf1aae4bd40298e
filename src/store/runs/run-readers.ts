/**
 * The open files of runs, at most so many: the one that was opened first is closed for the next.
 * A tree with thousands of runs has thousands of files, of which few are read at a time.
 */
import type { Disk, FileReader } from "../../ports/disk.ts";

export const openFilesMax = 128;

export class RunReaders {
  readonly #disk: Disk;
  readonly #filesMax: number;
  /** By path, the one that was used least recently first. */
  readonly #open = new Map<string, FileReader>();

  constructor(disk: Disk, filesMax = openFilesMax) {
    this.#disk = disk;
    this.#filesMax = filesMax;
  }

  read(path: string, into: Uint8Array, position: number): number {
    return this.#reader(path).read(into, position);
  }

  /** The file is gone, or about to go. */
  close(path: string): void {
    this.#open.get(path)?.close();
    this.#open.delete(path);
  }

  closeAll(): void {
    for (const reader of this.#open.values()) reader.close();
    this.#open.clear();
  }

  #reader(path: string): FileReader {
    const known = this.#open.get(path);
    if (known !== undefined) {
      this.#open.delete(path);
      this.#open.set(path, known);
      return known;
    }
    const reader = this.#disk.openReader(path);
    this.#open.set(path, reader);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= this.#filesMax) break;
      this.close(oldest);
    }
    return reader;
  }
}
