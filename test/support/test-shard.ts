/**
 * A shard on parts that tests can hold, fail and inspect: a log and a base tree in memory, a
 * simulated clock. What outlives the shard is in the parts, so it can be opened again.
 */
import { isCronosError } from "../../src/base/errors.ts";
import type { ErrorCode } from "../../src/base/errors.ts";
import { epoch } from "../../src/base/ids.ts";
import { MemoryLog } from "../../src/log/memory/memory-log.ts";
import { SimulatedClock } from "../../src/ports/simulated-clock.ts";
import { Shard } from "../../src/shard/shard.ts";
import type { ShardOptions } from "../../src/shard/shard.ts";
import type { ReadView } from "../../src/store/base-tree.ts";
import { MemoryTreeStorage, openMemoryTree } from "../../src/store/memory/memory-tree.ts";

export interface TestShard {
  readonly log: MemoryLog;
  readonly storage: MemoryTreeStorage;
  readonly clock: SimulatedClock;
  readonly shard: Shard;
}

/** Opens a shard; `parts` may be those of one that was closed or given up. */
export async function openTestShard(
  options: Partial<ShardOptions> = {},
  parts: Partial<Omit<TestShard, "shard">> = {},
): Promise<TestShard> {
  const { log = new MemoryLog(), clock = new SimulatedClock() } = parts;
  const { storage = new MemoryTreeStorage() } = parts;
  const shard = await Shard.open({
    log,
    base: openMemoryTree(storage),
    clock,
    epoch: epoch(1),
    groupCommit: true,
    memtableBytesMax: 1024 * 1024,
    ...options,
  });
  return { log, storage, clock, shard };
}

/** Lets the event loop do what it has at hand. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Rows as "key=value key=value". */
export function rowsOf(view: ReadView): string {
  return Array.from(view.range("", undefined), ([key, value]) => `${key}=${text(value)}`).join(" ");
}

export function bytes(content: string): Uint8Array {
  return Buffer.from(content);
}

/** A value as text; "none" for a row that is not there. */
export function text(value: Uint8Array | undefined): string {
  return value === undefined ? "none" : Buffer.from(value).toString();
}

/** For assert.throws() and assert.rejects(). */
export function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => isCronosError(error, code);
}
