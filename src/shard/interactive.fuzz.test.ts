/**
 * Interactive transactions are serializable: a random history of overlapping ones, mixed with plain
 * operations, lost records and flushes, gives the reads and rows of running the committed ones one
 * after another in the order of their commits. (One without writes runs where it began.)
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openTestShard, text, turn } from "../../test/support/test-shard.ts";
import type { TestShard } from "../../test/support/test-shard.ts";
import { CronosError, isCronosError } from "../base/errors.ts";
import type { Key } from "../base/key.ts";
import type { RangeOptions, ReadView, Row } from "../store/base-tree.ts";
import type { InteractiveTransaction } from "./interactive.ts";
import type { Transaction } from "./transaction.ts";

type Writer = Pick<Transaction, "put" | "modify" | "delete" | "deleteRange"> & ReadView;

type Step =
  | { readonly kind: "get"; readonly key: Key }
  | {
      readonly kind: "range";
      readonly start: Key;
      readonly end: Key | undefined;
      readonly options: RangeOptions;
      /** The loop is left after so many rows. */
      readonly leave: number;
    }
  | { readonly kind: "put" | "modify"; readonly key: Key }
  | { readonly kind: "delete"; readonly key: Key }
  | { readonly kind: "deleteRange"; readonly start: Key; readonly end: Key | undefined };

const aKey = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 2 });
const anEnd = fc.option(aKey, { nil: undefined, freq: 4 });
const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: aKey.map((key): Step => ({ kind: "get", key })) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("range" as const),
      start: aKey,
      end: anEnd,
      options: fc.record({ reverse: fc.boolean(), limit: fc.nat(3) }, { requiredKeys: [] }),
      leave: fc.constantFrom(1, 2, 100),
    }),
  },
  { weight: 3, arbitrary: aKey.map((key): Step => ({ kind: "put", key })) },
  { weight: 2, arbitrary: aKey.map((key): Step => ({ kind: "modify", key })) },
  { weight: 1, arbitrary: aKey.map((key): Step => ({ kind: "delete", key })) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("deleteRange" as const), start: aKey, end: anEnd }),
  },
);

type Action =
  | { readonly kind: "step"; readonly slot: number; readonly step: Step }
  | { readonly kind: "commit" | "rollback"; readonly slot: number }
  | { readonly kind: "operation"; readonly steps: readonly Step[] }
  | { readonly kind: "hold" | "release" | "turn" | "flush" | "lose" };

const slots = 3;
const aSlot = fc.nat(slots - 1);
const anAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant("step" as const), slot: aSlot, step: aStep }),
  },
  { weight: 4, arbitrary: aSlot.map((slot): Action => ({ kind: "commit", slot })) },
  { weight: 1, arbitrary: aSlot.map((slot): Action => ({ kind: "rollback", slot })) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("operation" as const),
      steps: fc.array(aStep, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Action>({ kind: "hold" }, { kind: "lose" }) },
  { weight: 2, arbitrary: fc.constantFrom<Action>({ kind: "release" }, { kind: "flush" }) },
  { weight: 2, arbitrary: fc.constant<Action>({ kind: "turn" }) },
);

/** One of the history: what it did and saw, in words. */
interface Entry {
  readonly steps: Step[];
  readonly seen: string[];
  readonly name: string;
  /** The rows when it began. */
  readonly began: readonly Row[];
}

/** Does a step as `name` (the value that it puts); returns what it saw. */
function perform(tx: Writer, step: Step, name: string): string {
  switch (step.kind) {
    case "get":
      return text(tx.get(step.key));
    case "range": {
      const rows: string[] = [];
      for (const [key, value] of tx.range(step.start, step.end, step.options)) {
        rows.push(`${key}=${text(value)}`);
        if (rows.length === step.leave) break;
      }
      return rows.join(" ");
    }
    case "put":
      tx.put(step.key, Buffer.from(name));
      return "";
    case "modify":
      tx.modify(step.key, (before) => Buffer.from(`${text(before)}+${name}`));
      return "";
    case "delete":
      tx.delete(step.key);
      return "";
    case "deleteRange":
      tx.deleteRange(step.start, step.end);
      return "";
  }
}

function writes({ steps }: Entry): boolean {
  return steps.some(({ kind }) => kind !== "get" && kind !== "range");
}

/** A transaction that has not ended. */
interface Open {
  readonly tx: InteractiveTransaction;
  readonly entry: Entry;
}

/** Does it all again: it must see what it saw. */
function repeat(tx: Writer, { steps, seen, name }: Entry): void {
  assert.deepEqual(
    steps.map((step) => perform(tx, step, name)),
    seen,
    name,
  );
}

class History {
  readonly #parts: TestShard;
  readonly #open: (Open | undefined)[] = [];
  /** In the order in which they were applied to the tip; the lost ones are taken out again. */
  #serial: Entry[] = [];
  #names = 0;
  readonly #readOnly: Entry[] = [];
  readonly #settling: Promise<unknown>[] = [];

  constructor(parts: TestShard) {
    this.#parts = parts;
  }

  async run(action: Action): Promise<void> {
    const { shard, log, clock } = this.#parts;
    switch (action.kind) {
      case "step":
        return this.#step(action.slot, action.step);
      case "commit":
        return this.#commit(action.slot);
      case "rollback":
        this.#open[action.slot]?.tx.rollback();
        this.#open[action.slot] = undefined;
        return;
      case "operation":
        return this.#operate(action.steps);
      case "hold":
        return log.hold();
      case "release":
        log.release();
        return turn();
      case "turn":
        return turn();
      case "flush":
        log.release();
        return shard.flush();
      case "lose":
        log.release();
        await turn();
        log.failNext(new CronosError("IO", "simulated"));
        this.#operate([{ kind: "put", key: "lost" }]);
        await turn();
        await clock.advance(250);
    }
  }

  async finish(): Promise<void> {
    this.#parts.log.release();
    await Promise.all(this.#settling);
    for (const open of this.#open) open?.tx.rollback();
    const { shard } = await openTestShard();
    for (const entry of this.#serial) shard.run((tx) => repeat(tx, entry));
    const all: Step = { kind: "range", start: "", end: undefined, options: {}, leave: 1000 };
    const rows = (view: ReadView) => perform(view as Writer, all, "");
    assert.equal(rows(this.#parts.shard.durable), rows(shard.tip));
    for (const entry of this.#readOnly) {
      shard.run((tx) => {
        tx.deleteRange("", undefined);
        for (const [key, value] of entry.began) tx.put(key, value);
        repeat(tx, entry);
      });
    }
  }

  #durableRows(): readonly Row[] {
    return [...this.#parts.shard.durable.range("", undefined)];
  }

  #step(slot: number, step: Step): void {
    const name = `t${this.#names++}`;
    const open = (this.#open[slot] ??= {
      tx: this.#parts.shard.begin(),
      entry: { steps: [], seen: [], name, began: this.#durableRows() },
    });
    open.entry.steps.push(step);
    open.entry.seen.push(perform(open.tx, step, open.entry.name));
  }

  #commit(slot: number): void {
    const open = this.#open[slot];
    if (open === undefined) return;
    this.#open[slot] = undefined;
    const { tx, entry } = open;
    if (!writes(entry)) {
      this.#readOnly.push(entry);
      this.#settling.push(tx.commit());
      return;
    }
    // commit() applies it before it returns, unless it conflicts.
    this.#serial.push(entry);
    this.#settle(tx.commit(), entry);
  }

  #operate(steps: readonly Step[]): void {
    const entry: Entry = { steps: [...steps], seen: [], name: `o${this.#names++}`, began: [] };
    this.#serial.push(entry);
    const executed = this.#parts.shard.execute((tx) => {
      for (const step of steps) entry.seen.push(perform(tx, step, entry.name));
    });
    this.#settle(executed, entry);
  }

  #settle(promise: Promise<unknown>, entry: Entry): void {
    const settled = promise.catch((error: unknown) => {
      assert.ok(isCronosError(error), String(error));
      this.#serial = this.#serial.filter((other) => other !== entry);
    });
    this.#settling.push(settled);
  }
}

test("InteractiveTransaction histories are serializable in the order of commits", async () => {
  const property = fc.asyncProperty(
    fc.array(anAction, { maxLength: 60, size: "max" }),
    async (actions) => {
      const history = new History(await openTestShard());
      for (const action of actions) await history.run(action);
      await history.finish();
    },
  );
  await fc.assert(property, { numRuns: 300 });
});
