/**
 * Runs of the dedup index for its tests: made from entries, written to a RowStore, asked.
 */
import assert from "node:assert/strict";
import { mixHash1, mixHash2 } from "../../src/models/events/dedup-hash.ts";
import type { EntrySource } from "../../src/models/events/dedup-run-writer.ts";
import { RunWriter } from "../../src/models/events/dedup-run-writer.ts";
import type { DedupRun } from "../../src/models/events/dedup-run.ts";
import { DedupTable } from "../../src/models/events/dedup-table.ts";
import type { RowStore } from "./row-store.ts";

/** An id in the index; its partition is 3. */
export interface Entry {
  readonly hash1: number;
  readonly hash2: number;
  readonly offset: number;
}

/** Entries of ids `first` … as mixed hashes. */
export function spreadEntries(first: number, count: number): Entry[] {
  return Array.from({ length: count }, (_, k) => {
    const offset = first + k;
    return { hash1: mixHash1(1, offset), hash2: mixHash2(1, offset), offset };
  });
}

/** The entries, sorted. */
export function source(entries: readonly Entry[]): EntrySource {
  const table = new DedupTable();
  for (const { hash1, hash2, offset } of entries) {
    assert.ok(table.add(hash1, hash2, 3, offset));
  }
  let position = 0;
  return {
    entries: table.count,
    read: (into) => {
      position = table.read(position, into);
    },
  };
}

/** Writes a run in slices; its newest is 1000 + id. */
export function writeRun(store: RowStore, id: number, from: EntrySource): DedupRun {
  const writer = new RunWriter(id, from);
  while (!store.run((tx) => writer.writeSlice(tx)));
  return store.run((tx) => writer.finish(tx, 1000 + id));
}

/** Offsets of the entries with the hashes of `entry`. */
export function offsets(store: RowStore, run: DedupRun, { hash1, hash2 }: Entry): number[] {
  const found: number[] = [];
  run.candidates([hash1, hash2], store, (partition, offset) => {
    assert.equal(partition, 3);
    found.push(offset);
    return false;
  });
  return found;
}
