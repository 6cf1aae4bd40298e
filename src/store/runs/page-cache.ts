/**
 * Pages of runs in memory, bounded by bytes. A clock goes round: a page that was used since the
 * hand passed it stays for another round. Each run finds its pages in its own map, so a hit costs
 * one look-up; the pages of a run that is gone are given up as the hand comes to them.
 */
import { must } from "../../base/assert.ts";

export interface Cacheable {
  readonly bytes: Buffer;
}

export interface CachedPage<P extends Cacheable> {
  readonly page: P;
  wasUsed: boolean;
}

/** The cached pages of a run by their offset in its file. */
export type PageMap<P extends Cacheable> = Map<number, CachedPage<P>>;

interface Slot extends CachedPage<Cacheable> {
  readonly offset: number;
  readonly pages: PageMap<Cacheable>;
}

/** What a page costs besides its bytes. */
const overheadBytes = 250;

export class PageCache {
  readonly #bytesMax: number;
  readonly #slots: Slot[] = [];
  #hand = 0;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a page as long as there is room; that may be not at all, if all others are in use. */
  add<P extends Cacheable>(pages: PageMap<P>, offset: number, page: P): CachedPage<P> {
    const cached: CachedPage<P> = { page, wasUsed: false };
    pages.set(offset, cached);
    this.#slots.push(Object.assign(cached, { offset, pages }));
    this.#bytes += page.bytes.length + overheadBytes;
    this.#shrink();
    return cached;
  }

  #shrink(): void {
    while (this.#bytes > this.#bytesMax && this.#slots.length > 1) {
      if (this.#hand >= this.#slots.length) this.#hand = 0;
      const slot = must(this.#slots[this.#hand]);
      if (slot.wasUsed && slot.pages.get(slot.offset) === slot) {
        slot.wasUsed = false;
        this.#hand++;
      } else {
        this.#evict(slot);
      }
    }
  }

  #evict(slot: Slot): void {
    if (slot.pages.get(slot.offset) === slot) slot.pages.delete(slot.offset);
    this.#bytes -= slot.page.bytes.length + overheadBytes;
    const last = must(this.#slots.pop());
    // The newest page takes the place; the hand goes on, or it would be the next to be evicted.
    if (last !== slot) this.#slots[this.#hand++] = last;
  }
}
