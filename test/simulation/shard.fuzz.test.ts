/**
 * What a shard finds when it is opened again: random operations on a segment log over a simulated
 * disk that fills up, loses its power or is left by a killed process at any moment, with memtables
 * being flushed meanwhile. The rows must be those of the operations in order, up to some point that
 * is not before the last acknowledged one.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openTestShard, rowsOf, turn } from "../support/test-shard.ts";
import { rounds } from "../support/torture.ts";
import { isCronosError } from "../../src/base/errors.ts";
import type { Key } from "../../src/base/key.ts";
import type { FsyncMode } from "../../src/log/segments/segment-appender.ts";
import { openSegmentLog } from "../../src/log/segments/segment-log.ts";
import type { SegmentLog } from "../../src/log/segments/segment-log.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { SimulatedClock } from "../../src/ports/simulated-clock.ts";
import { SimulatedDisk } from "../../src/ports/simulated-disk.ts";
import { MemoryTreeStorage } from "../../src/store/memory/memory-tree.ts";
import type { Shard } from "../../src/shard/shard.ts";
import type { Transaction } from "../../src/shard/transaction.ts";

type Write =
  | { readonly kind: "put"; readonly key: Key; readonly size: number }
  | { readonly kind: "deleteRange"; readonly start: Key; readonly end: Key | undefined };

type Action =
  | { readonly kind: "operation"; readonly writes: readonly Write[] }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "full"; readonly bytesLeft: number }
  | { readonly kind: "powerOff"; readonly changes: number }
  | { readonly kind: "crash" | "kill" | "close" | "turn" | "flush" | "space" };

const aKey = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 2 });
const aWrite: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      key: aKey,
      size: fc.constantFrom(1, 1, 300, 2000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("deleteRange" as const),
      start: aKey,
      end: fc.option(aKey, { nil: undefined }),
    }),
  },
);
const anAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constant("operation" as const),
      writes: fc.array(aWrite, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.constant<Action>({ kind: "turn" }) },
  { weight: 2, arbitrary: fc.constantFrom(1, 300).map((ms): Action => ({ kind: "advance", ms })) },
  { weight: 1, arbitrary: fc.constant<Action>({ kind: "flush" }) },
  { weight: 1, arbitrary: fc.nat(4000).map((bytesLeft): Action => ({ kind: "full", bytesLeft })) },
  { weight: 2, arbitrary: fc.constant<Action>({ kind: "space" }) },
  { weight: 1, arbitrary: fc.nat(20).map((changes): Action => ({ kind: "powerOff", changes })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Action>({ kind: "crash" }, { kind: "kill" }, { kind: "close" }),
  },
);

/** An operation that ran, and what its caller was told. */
interface Ran {
  readonly number: number;
  readonly writes: readonly Write[];
  state: "pending" | "acknowledged" | "lost";
}

class World {
  readonly #mode: FsyncMode;
  readonly #random: SeededRandom;
  readonly #storage = new MemoryTreeStorage();
  #disk: SimulatedDisk;
  #clock = new SimulatedClock();
  #log: SegmentLog | undefined;
  #shard: Shard | undefined;
  /** Those that must be, or may be, there when the shard is opened again, in order. */
  #ran: Ran[] = [];
  #numbers = 0;

  constructor(mode: FsyncMode, seed: number) {
    this.#mode = mode;
    this.#random = new SeededRandom(seed);
    this.#disk = new SimulatedDisk(this.#random);
    this.#storage.faults = { sliceRows: 2, beforeSlice: turn };
  }

  async open(): Promise<void> {
    this.#clock = new SimulatedClock();
    const components = { disk: this.#disk, clock: this.#clock, random: this.#random };
    const settings = { segmentBytes: 4096, fsyncMode: this.#mode, flushIntervalMs: 200 };
    const log = await openSegmentLog("/log", components, settings);
    const options = { log, groupCommit: this.#mode !== "every_event", memtableBytesMax: 2048 };
    const { shard } = await openTestShard(options, { clock: this.#clock, storage: this.#storage });
    this.#log = log;
    this.#shard = shard;
    shard.attach({ rebuild: (view) => assert.equal(rowsOf(view), rowsOf(shard.durable)) });
  }

  async run(action: Action): Promise<void> {
    switch (action.kind) {
      case "operation":
        return this.#operate(action.writes);
      case "turn":
        return turn();
      case "advance":
        await this.#clock.advance(action.ms);
        // A failed record is gone for good once the log has recovered.
        if (this.#shard?.cause === undefined) this.#forgetLost();
        return;
      case "flush":
        void this.#shard?.flush().catch((error: unknown) => assert.ok(isCronosError(error)));
        return;
      case "full":
        return this.#disk.setCapacity(this.#disk.usedBytes + action.bytesLeft);
      case "space":
        return this.#disk.setCapacity(Number.MAX_SAFE_INTEGER);
      case "powerOff":
        return this.#disk.powerOffAfter(action.changes);
      case "close":
        return this.close();
      case "crash":
      case "kill":
        return this.#end(action.kind);
    }
  }

  /** Closes everything well, if the disk lets it. */
  async close(): Promise<void> {
    await this.#shard?.close();
    await this.#log?.close().catch((error: unknown) => assert.ok(isCronosError(error)));
    await this.#end("kill");
  }

  async #end(how: "crash" | "kill"): Promise<void> {
    await turn();
    const acknowledged = this.#ran.findLastIndex(({ state }) => state === "acknowledged");
    this.#disk = how === "crash" ? this.#disk.crash() : this.#disk.kill();
    await this.open();
    const survives = how === "kill" || this.#mode !== "periodic";
    this.#check(survives ? acknowledged + 1 : 0);
  }

  /** The rows are those of the first operations, and of at least `atLeast` of them. */
  #check(atLeast: number): void {
    const rows = rowsOf(must(this.#shard).durable);
    const model = new Map<Key, string>();
    const found: number[] = [];
    for (let count = 0; count <= this.#ran.length; count++) {
      if (count > 0) applyTo(model, this.#ran[count - 1] as Ran);
      const text = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
      if (text.map((row) => row.join("=")).join(" ") === rows) found.push(count);
    }
    const best = found.findLast((count) => count >= atLeast);
    assert.ok(best !== undefined, `like after ${found} of ${this.#ran.length}, not ${atLeast}`);
    this.#ran = this.#ran.slice(0, best).map((ran) => ({ ...ran, state: "acknowledged" }));
  }

  #operate(writes: readonly Write[]): void {
    const shard = must(this.#shard);
    const ran: Ran = { number: this.#numbers++, writes, state: "pending" };
    try {
      shard.run((tx) => applyTo(sink(tx), ran));
    } catch (error) {
      assert.ok(isCronosError(error), String(error));
      return;
    }
    this.#ran.push(ran);
    shard.tipDurable().then(
      () => {
        ran.state = "acknowledged";
      },
      () => {
        ran.state = "lost";
      },
    );
  }

  #forgetLost(): void {
    this.#ran = this.#ran.filter(({ state }) => state !== "lost");
  }
}

/** As much of a map and of a transaction as applyTo() needs. */
interface Rows {
  set(key: Key, value: string): unknown;
  keys(): Iterable<Key>;
  delete(key: Key): unknown;
}

function sink(tx: Transaction): Rows {
  return {
    set: (key, value) => tx.put(key, Buffer.from(value)),
    keys: () => Array.from(tx.range("", undefined), ([key]) => key),
    delete: (key) => tx.deleteRange(key, `${key}\0`),
  };
}

function applyTo(rows: Rows, { writes, number }: Ran): void {
  for (const write of writes) {
    if (write.kind === "put") {
      rows.set(write.key, `${number}`.padEnd(write.size, "."));
      continue;
    }
    for (const key of rows.keys()) {
      if (key >= write.start && (write.end === undefined || key < write.end)) rows.delete(key);
    }
  }
}

function must<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}

for (const mode of ["every_event", "batch", "periodic"] as const) {
  test(`Shard opened again has what was acknowledged, in order (${mode})`, async () => {
    const property = fc.asyncProperty(
      fc.array(anAction, { maxLength: 80, size: "max" }),
      fc.nat(),
      async (actions, seed) => {
        const world = new World(mode, seed);
        await world.open();
        for (const action of actions) await world.run(action);
        await world.close();
      },
    );
    await fc.assert(property, { numRuns: rounds(40, 2000) });
  });
}
