/**
 * Waiting for the value of a key of an ordered map to change.
 *
 * A watch remembers the durable value of its beginning. While there are watches, the records that
 * become durable are read; one that writes a watched row makes its value be compared again. A
 * change that is reverted before that may go unnoticed.
 */
import { CronosError, isCronosError, toCronosError } from "../base/errors.ts";
import { logIndex } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import type { LogRecord } from "../log/log.ts";
import { decodeMutations } from "../log/mutation-codec.ts";
import type { Shard } from "../shard/shard.ts";

/** Watches at a time. */
const WATCHES_MAX = 100_000;

interface Watch {
  readonly value: Uint8Array | undefined;
  readonly end: (error: CronosError | undefined) => void;
}

/** A watch that has begun. */
export interface ZMapWatch {
  /** Resolves when the value has changed; rejects when the database closes. */
  readonly changed: Promise<void>;
  /** Forgets it: `changed` then never settles. Harmless after the end. */
  cancel(): void;
}

export class ZMapWatches {
  readonly #shard: Shard;
  readonly #watches = new Map<Key, Set<Watch>>();
  #count = 0;
  #records: AsyncIterableIterator<LogRecord> | undefined;

  constructor(shard: Shard) {
    this.#shard = shard;
  }

  /** How many watches there are. */
  get count(): number {
    return this.#count;
  }

  /** Watches a row from its durable value on. Throws OVERLOADED when there are too many. */
  watch(row: Key): ZMapWatch {
    if (this.#count >= WATCHES_MAX) {
      throw new CronosError("OVERLOADED", `Watches must be at most ${WATCHES_MAX}`, {
        details: { word: "TOO_MANY_WATCHES" },
      });
    }
    const { promise, resolve, reject } = deferred();
    const watch: Watch = {
      value: this.#shard.durable.get(row),
      end: (error) => {
        this.#remove(row, watch);
        if (error === undefined) resolve();
        else reject(error);
      },
    };
    const watches = this.#watches.get(row);
    if (watches === undefined) this.#watches.set(row, new Set([watch]));
    else watches.add(watch);
    this.#count++;
    if (this.#records === undefined) void this.#follow();
    return { changed: promise, cancel: () => this.#remove(row, watch) };
  }

  /** Reads records as they become durable, until no watch is left. */
  async #follow(): Promise<void> {
    const records = this.#shard.observe(logIndex(this.#shard.durableIndex + 1));
    this.#records = records;
    let failure = new CronosError("CLOSED", "Database is closed");
    let fellBehind = false;
    try {
      for await (const record of records) this.#look(record);
    } catch (error) {
      fellBehind = isCronosError(error, "OUT_OF_RANGE");
      failure = toCronosError(error);
    }
    if (this.#records === records) this.#records = undefined;
    if (this.#count === 0 || this.#records !== undefined) return;
    if (fellBehind) {
      // What the log does not have any more may have changed every row.
      for (const row of this.#watches.keys()) this.#compare(row);
      if (this.#count > 0) void this.#follow();
      return;
    }
    for (const watches of this.#watches.values()) {
      for (const watch of watches) watch.end(failure);
    }
  }

  #look(record: LogRecord): void {
    const touched = new Set<Key>();
    const note = (key: Key): void => {
      if (this.#watches.has(key)) touched.add(key);
    };
    decodeMutations(record.body, {
      put: note,
      delete: note,
      deleteRange: (start, end) => {
        for (const key of this.#watches.keys()) {
          if (key >= start && (end === undefined || key < end)) touched.add(key);
        }
      },
    });
    for (const key of touched) this.#compare(key);
  }

  #compare(row: Key): void {
    const value = this.#shard.durable.get(row);
    for (const watch of this.#watches.get(row) ?? []) {
      if (!sameValue(value, watch.value)) watch.end(undefined);
    }
  }

  #remove(row: Key, watch: Watch): void {
    const watches = this.#watches.get(row);
    if (watches?.delete(watch) !== true) return;
    if (watches.size === 0) this.#watches.delete(row);
    this.#count--;
    if (this.#count > 0) return;
    const records = this.#records;
    this.#records = undefined;
    void records?.return?.();
  }
}

function sameValue(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Buffer.compare(a, b) === 0;
}

function deferred(): {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: CronosError) => void;
} {
  let resolve!: () => void;
  let reject!: (error: CronosError) => void;
  const promise = new Promise<void>((onDone, onError) => {
    resolve = onDone;
    reject = onError;
  });
  return { promise, resolve, reject };
}
