/**
 * The entries of a run in order, for a merge: leaves are read ahead in large pieces, without
 * holding the event loop and without the page cache.
 */
import { must } from "../../base/assert.ts";
import type { Key } from "../../base/key.ts";
import type { Disk, DiskFile } from "../../ports/disk.ts";
import { decodePointer } from "./page-pointer.ts";
import type { Run } from "./run.ts";
import type { TreeRoot } from "./run-footer.ts";
import type { Page } from "./run-page.ts";

/** Bytes read at once. */
const aheadBytes = 512 * 1024;

type Place = Pick<TreeRoot, "offset" | "pageBytes">;

export class MergeSource {
  readonly run: Run;
  /** The current entry's key; undefined at the end. */
  key: Key | undefined = undefined;
  readonly #file: DiskFile;
  readonly #leaves: Iterator<Place>;
  #page: Page | undefined = undefined;
  #entry = 0;
  #ahead = Buffer.alloc(0);
  #aheadAt = 0;

  /** At the first entry. */
  static async open(disk: Disk, run: Run): Promise<MergeSource> {
    const source = new MergeSource(run, await disk.open(run.path, { mode: "read" }));
    try {
      await source.nextPage();
    } catch (error) {
      await source.close();
      throw error;
    }
    return source;
  }

  private constructor(run: Run, file: DiskFile) {
    this.run = run;
    this.#file = file;
    this.#leaves = leavesOf(run);
  }

  /** The value's bytes, valid until the source moves; null for a tombstone. */
  get value(): Buffer | null {
    return must(this.#page).view(this.#entry);
  }

  /** To the next entry of the page; false when it has no more: await nextPage() then. */
  advance(): boolean {
    const page = must(this.#page);
    this.#entry++;
    if (this.#entry === page.count) return false;
    this.key = page.key(this.#entry);
    return true;
  }

  async nextPage(): Promise<void> {
    const step = this.#leaves.next();
    if (step.done === true) {
      this.#page = undefined;
      this.key = undefined;
      return;
    }
    this.#page = await this.#readLeaf(step.value);
    this.#entry = 0;
    this.key = this.#page.key(0);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #readLeaf({ offset, pageBytes }: Place): Promise<Page> {
    let at = offset - this.#aheadAt;
    if (at < 0 || at + pageBytes > this.#ahead.length) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(aheadBytes, pageBytes));
      const count = await this.#file.read(bytes, offset);
      this.#ahead = bytes.fill(0, count);
      this.#aheadAt = offset;
      at = 0;
    }
    return this.run.checkedPage(this.#ahead.subarray(at, at + pageBytes), offset);
  }
}

function leavesOf(run: Run): Iterator<Place> {
  return run.entryCount === 0 ? [].values() : leavesBelow(run, run.root);
}

function* leavesBelow(run: Run, { offset, pageBytes, depth }: TreeRoot): IterableIterator<Place> {
  if (depth === 0) {
    yield { offset, pageBytes };
    return;
  }
  const page = run.uncachedPage(offset, pageBytes);
  for (let entry = 0; entry < page.count; entry++) {
    const child = decodePointer(page.bytes, page.valueStart(entry));
    yield* leavesBelow(run, { ...child, depth: depth - 1 });
  }
}
