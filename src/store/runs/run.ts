/**
 * A run: an immutable file of sorted rows, tombstones and deleted ranges. Reads are synchronous;
 * nothing but what the manifest says is in memory before the first one, and after it only what the
 * page cache keeps.
 *
 * Every page is checked when it is read from the file. A mismatch throws CORRUPTION with the file,
 * the offset and, where one was looked for, the key.
 */
import { CronosError } from "../../base/errors.ts";
import type { Key } from "../../base/key.ts";
import type { Disk } from "../../ports/disk.ts";
import { OrderedTree } from "../ordered-tree.ts";
import type { HiddenRanges } from "../range-tombstones.ts";
import { PageCache } from "./page-cache.ts";
import type { CachedPage, PageMap } from "./page-cache.ts";
import { decodePointer } from "./page-pointer.ts";
import type { PagePointer } from "./page-pointer.ts";
import { blockMayHold, filterBlock, filterPage, isFilterPageSound } from "./run-filter.ts";
import { decodeFooter, footerBytes } from "./run-footer.ts";
import type { RunFooter, TreeRoot } from "./run-footer.ts";
import { Page } from "./run-page.ts";
import { RunReaders } from "./run-readers.ts";
import type { RunInfo } from "./run-writer.ts";

/** Memory for pages of all runs of a tree. */
const cacheBytesDefault = 32 * 1024 * 1024;

/** Where the runs of a tree are, and what they share. */
export class RunFiles {
  readonly directory: string;
  readonly disk: Disk;
  readonly readers: RunReaders;
  readonly cache: PageCache;

  constructor(disk: Disk, directory: string, cacheBytes = cacheBytesDefault) {
    this.disk = disk;
    this.directory = directory;
    this.readers = new RunReaders(disk);
    this.cache = new PageCache(cacheBytes);
  }

  path(id: number): string {
    return `${this.directory}/${id}.run`;
  }
}

/** How many entries of each kind, and bytes of pages, are before a key. */
export interface Rank {
  readonly puts: number;
  readonly tombstones: number;
  readonly fileOffset: number;
}

export class Run {
  readonly info: RunInfo;
  readonly path: string;
  readonly #files: RunFiles;
  readonly #pages: PageMap<Page> = new Map();
  readonly #filterPages: PageMap<{ readonly bytes: Buffer }> = new Map();
  #footer: RunFooter | undefined = undefined;
  #hidden: HiddenRanges | undefined = undefined;

  constructor(files: RunFiles, info: RunInfo) {
    this.#files = files;
    this.info = info;
    this.path = files.path(info.id);
  }

  get id(): number {
    return this.info.id;
  }

  get entryCount(): number {
    return this.info.puts + this.info.tombstones;
  }

  get root(): TreeRoot {
    return this.footer.rows;
  }

  get footer(): RunFooter {
    return (this.#footer ??= this.#readFooter());
  }

  /** The value of a key, null if it is deleted here, undefined if the run has nothing about it. */
  get(key: Key, hash: number): Uint8Array | null | undefined {
    const { firstKey, lastKey } = this.info;
    if (this.entryCount === 0 || key < firstKey || key > lastKey) return undefined;
    if (!this.#mayHold(key, hash)) return undefined;
    const { offset, pageBytes, depth } = this.footer.rows;
    let page = this.page(offset, pageBytes, key);
    for (let level = depth; level > 0; level--) {
      const entry = page.floor(key);
      if (entry < 0) return undefined;
      const at = page.valueStart(entry);
      const { bytes } = page;
      page = this.page(bytes.readUIntLE(at, 6), bytes.readUInt32LE(at + 6), key);
    }
    const entry = page.find(key);
    if (entry === page.count || !page.isAt(entry, key)) return undefined;
    return page.value(entry);
  }

  /** What is before `key`; undefined asks for all there is. */
  rank(key: Key | undefined): Rank {
    const { puts, tombstones, firstKey, lastKey } = this.info;
    if (this.entryCount === 0 || (key !== undefined && key <= firstKey)) {
      return { puts: 0, tombstones: 0, fileOffset: 0 };
    }
    const { rows, ranges, filterOffset, rangeCount } = this.footer;
    if (key === undefined || key > lastKey) {
      return { puts, tombstones, fileOffset: rangeCount > 0 ? ranges.offset : filterOffset };
    }
    let pointer: PagePointer = { ...rows, putsBefore: 0, tombstonesBefore: 0 };
    let page = this.page(pointer.offset, pointer.pageBytes, key);
    for (let level = rows.depth; level > 0; level--) {
      pointer = decodePointer(page.bytes, page.valueStart(Math.max(0, page.floor(key))));
      page = this.page(pointer.offset, pointer.pageBytes, key);
    }
    let deleted = 0;
    const entry = page.find(key);
    for (let before = 0; before < entry; before++) if (page.isTombstone(before)) deleted++;
    return {
      puts: pointer.putsBefore + entry - deleted,
      tombstones: pointer.tombstonesBefore + deleted,
      fileOffset: pointer.offset + Math.floor((pointer.pageBytes * entry) / page.count),
    };
  }

  /** The deleted ranges; undefined if there are none. */
  hidden(): HiddenRanges | undefined {
    if (this.info.rangeCount === 0) return undefined;
    return (this.#hidden ??= this.#readHidden());
  }

  /** A page of a tree, from the cache or the file; `key` is what it is read for, if anything. */
  page(offset: number, pageBytes: number, key?: Key): Page {
    const cached = this.#pages.get(offset);
    if (cached !== undefined) return used(cached);
    const page = this.readPage(offset, pageBytes, key);
    this.#files.cache.add(this.#pages, offset, page);
    return page;
  }

  /** As page(), but leaves the cache as it is: for scans and merges. */
  uncachedPage(offset: number, pageBytes: number): Page {
    const cached = this.#pages.get(offset);
    return cached === undefined ? this.readPage(offset, pageBytes) : cached.page;
  }

  /** Reads a page from the file. */
  readPage(offset: number, pageBytes: number, key?: Key): Page {
    return this.checkedPage(this.#read(offset, pageBytes), offset, key);
  }

  /** The page that the bytes are; throws CORRUPTION if they are not what was written. */
  checkedPage(bytes: Buffer, offset: number, key?: Key): Page {
    const page = Page.parse(bytes, offset);
    if (page !== undefined) return page;
    throw this.#corruption(`the checksum of the page at ${offset} does not match`, { offset, key });
  }

  /** Reads the page of the filter with this block from the file. */
  filterPage(block: number, key?: Key): Buffer {
    const { filterOffset, filterBlocks: blocks } = this.footer;
    const { offset, length } = filterPage(block, { offset: filterOffset, blocks });
    const bytes = this.#read(offset, length);
    if (isFilterPageSound(bytes, offset)) return bytes;
    throw this.#corruption(`the checksum of the filter at ${offset} does not match`, {
      offset,
      key,
    });
  }

  /** Forgets what is in memory; the file may be removed. */
  close(): void {
    this.#pages.clear();
    this.#filterPages.clear();
    this.#files.readers.close(this.path);
  }

  #mayHold(key: Key, hash: number): boolean {
    const { filterOffset: offset, filterBlocks: blocks } = this.footer;
    const block = filterBlock(hash, blocks);
    const place = filterPage(block, { offset, blocks });
    let cached = this.#filterPages.get(place.offset);
    if (cached === undefined) {
      const bytes = this.filterPage(block, key);
      cached = this.#files.cache.add(this.#filterPages, place.offset, { bytes });
    }
    return blockMayHold(used(cached).bytes, place.blockAt, hash);
  }

  #readFooter(): RunFooter {
    const offset = this.info.fileBytes - footerBytes;
    const footer = decodeFooter(this.#read(offset, footerBytes));
    if (typeof footer === "string") throw this.#corruption(footer, { offset });
    if (footer.id !== this.id) throw this.#corruption(`it is run ${footer.id}`, { offset });
    return footer;
  }

  #readHidden(): HiddenRanges {
    const ranges = new OrderedTree<Key | null>();
    const visit = (root: TreeRoot): void => {
      const page = this.readPage(root.offset, root.pageBytes);
      for (let entry = 0; entry < page.count; entry++) {
        if (root.depth > 0) {
          const child = decodePointer(page.bytes, page.valueStart(entry));
          visit({ ...child, depth: root.depth - 1 });
        } else {
          ranges.set(page.key(entry), page.view(entry)?.toString("latin1") ?? null);
        }
      }
    };
    visit(this.footer.ranges);
    return ranges.capture();
  }

  /** Short reads leave zeros, which no checksum matches. */
  #read(offset: number, length: number): Buffer {
    if (offset < 0 || offset + length > this.info.fileBytes) {
      throw this.#corruption(`a page is said to be at ${offset}, outside of it`, { offset });
    }
    const bytes = Buffer.allocUnsafeSlow(length);
    const count = this.#files.readers.read(this.path, bytes, offset);
    return count === length ? bytes : bytes.fill(0, count);
  }

  #corruption(what: string, place: { readonly offset: number; readonly key?: Key | undefined }) {
    const { path: file } = this;
    const keyHex = place.key === undefined ? undefined : keyHexOf(place.key);
    const aim = keyHex === undefined ? "" : ` for the row ${keyHex}`;
    return new CronosError("CORRUPTION", `Cannot read ${file}${aim}: ${what}`, {
      details: { file, offset: place.offset, ...(keyHex === undefined ? {} : { keyHex }) },
    });
  }
}

function keyHexOf(key: Key): string {
  return Buffer.from(key, "latin1").toString("hex");
}

function used<P extends { readonly bytes: Buffer }>(cached: CachedPage<P>): P {
  cached.wasUsed = true;
  return cached.page;
}
