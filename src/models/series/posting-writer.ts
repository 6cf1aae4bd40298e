/**
 * Adds ids to postings. What one operation adds is gathered, so that a posting gets one row for all
 * of it; small chunks are merged, so that a posting that grows by one id in each of many operations
 * does not become a million rows.
 *
 * The chunks a posting got lately are remembered as a stack, oldest first. Chunks merge from the
 * top: while the one below is at most MERGE_RATIO times as long as the top. So an id is rewritten
 * about log(n) times. A posting that was forgotten starts a new stack: it only has more chunks.
 */
import type { Key } from "../../base/key.ts";
import { keyU32 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { decodeIds, encodeIds, idsBytesMax } from "./index-rows.ts";
import type { SeriesIds } from "./series-ids.ts";

/** Ids in a chunk. */
const CHUNK_IDS_MAX = 16_384;
const MERGE_RATIO = 4;
/** Postings whose chunks are remembered. */
const STACKS_MAX = 50_000;
const STACK_MAX = 16;

/** What an operation adds to a posting; ids come ascending. */
export interface Addition {
  readonly head: Uint8Array;
  readonly ids: number[];
}

/** Of a chunk. */
interface Content {
  readonly head: Uint8Array;
  readonly ids: ArrayLike<number>;
}

interface Chunk {
  readonly firstId: number;
  readonly count: number;
}

export class PostingWriter {
  readonly #added = new Map<Key, Addition>();
  /** A number stands for one chunk of this id alone: many values of tags have one series. */
  readonly #stacks = new Map<Key, Chunk[] | number>();
  #bytes = Buffer.allocUnsafe(1024);

  /**
   * What is added to the posting whose chunks' keys start with `prefix`: ids are pushed to it until
   * flush() or clear(). `head` is asked for the first time.
   */
  addition(prefix: Key, head: () => Uint8Array): Addition {
    let addition = this.#added.get(prefix);
    if (addition === undefined) this.#added.set(prefix, (addition = { head: head(), ids: [] }));
    return addition;
  }

  /** Writes what was added. */
  flush(tx: Transaction): void {
    if (this.#added.size === 0) return;
    for (const [prefix, addition] of this.#added) this.#write(tx, prefix, addition);
    this.#added.clear();
    this.#shrink();
  }

  /** Forgets everything: what was added was taken back, or others changed chunks. */
  clear(): void {
    this.#added.clear();
    this.#stacks.clear();
  }

  #write(tx: Transaction, prefix: Key, { head, ids }: Addition): void {
    const known = this.#stacks.get(prefix);
    if (known === undefined && ids.length === 1) {
      const id = ids[0] as number;
      this.#put(tx, prefix + keyU32(id), { head, ids });
      this.#stacks.set(prefix, id);
      return;
    }
    const stack = typeof known === "number" ? [{ firstId: known, count: 1 }] : (known ?? []);
    // Set again, so that the postings that were not used for longest are the first to be forgotten.
    this.#stacks.delete(prefix);
    this.#stacks.set(prefix, stack);
    // Only the youngest chunks can merge: those below are larger each.
    if (stack.length > STACK_MAX) stack.splice(0, stack.length - STACK_MAX);
    for (let from = 0; from < ids.length; from += CHUNK_IDS_MAX) {
      this.#push(tx, prefix, { stack, head, ids: ids.slice(from, from + CHUNK_IDS_MAX) });
    }
  }

  #push(tx: Transaction, prefix: Key, { stack, head, ids }: NewChunk): void {
    let merged = Uint32Array.from(ids);
    let firstId = merged[0] as number;
    let hasRow = false;
    for (;;) {
      const below = stack.at(-1);
      if (below === undefined || below.count > MERGE_RATIO * merged.length) break;
      if (below.count + merged.length > CHUNK_IDS_MAX) break;
      const bytes = tx.get(prefix + keyU32(below.firstId));
      // Whoever deletes series rewrites chunks; what is not there is not merged.
      if (bytes === undefined) break;
      merged = joined(decodeIds(bytes), merged);
      if (hasRow) tx.delete(prefix + keyU32(firstId));
      hasRow = true;
      firstId = below.firstId;
      stack.pop();
    }
    this.#put(tx, prefix + keyU32(firstId), { head, ids: merged });
    stack.push({ firstId, count: merged.length });
  }

  #put(tx: Transaction, key: Key, { head, ids }: Content): void {
    const room = idsBytesMax(head, ids.length);
    if (this.#bytes.length < room) this.#bytes = Buffer.allocUnsafe(room);
    tx.put(key, encodeIds(head, ids, this.#bytes));
  }

  #shrink(): void {
    for (const prefix of this.#stacks.keys()) {
      if (this.#stacks.size <= STACKS_MAX) return;
      this.#stacks.delete(prefix);
    }
  }
}

interface NewChunk {
  readonly stack: Chunk[];
  readonly head: Uint8Array;
  readonly ids: number[];
}

function joined(older: SeriesIds, newer: SeriesIds): Uint32Array<ArrayBuffer> {
  const both = new Uint32Array(older.length + newer.length);
  both.set(older);
  both.set(newer, older.length);
  return both;
}
