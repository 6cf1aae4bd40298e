/**
 * Store against a plain sorted map. The harness below behaves as a shard does: batches become
 * records, records become durable later, the tip may be rolled back to the newest durable record,
 * and a crash loses everything but the base tree's storage and the durable part of the log.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CronosError } from "../base/errors.ts";
import { logIndex } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import type { Mutation, RangeOptions, ReadView, Row, Snapshot } from "./base-tree.ts";
import { MemoryTreeStorage, openMemoryTree } from "./memory/memory-tree.ts";
import { Store } from "./store.ts";
import type { TipMark } from "./store.ts";

type Model = ReadonlyMap<Key, string>;

interface Query {
  readonly start: Key;
  readonly end: Key | undefined;
  readonly options: RangeOptions;
}

interface Sealed {
  readonly mutations: readonly Mutation[];
  readonly mark: TipMark;
  readonly model: Model;
}

const aKey = fc.string({
  unit: fc.constantFrom("a", "b", "\0", "\xff"),
  minLength: 1,
  maxLength: 4,
});
const anEnd = fc.option(aKey, { nil: undefined, freq: 4 });
const aQuery: fc.Arbitrary<Query> = fc.record({
  start: fc.oneof(aKey, fc.constant("")),
  end: anEnd,
  options: fc.record({ reverse: fc.boolean(), limit: fc.nat(6) }, { requiredKeys: [] }),
});
const aMutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      key: aKey,
      value: fc.uint8Array({ maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), key: aKey }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("deleteRange" as const), start: aKey, end: anEnd }),
  },
);

type Action =
  | { readonly kind: "write"; readonly mutation: Mutation }
  | { readonly kind: "durable" | "slices"; readonly count: number }
  | { readonly kind: "check"; readonly query: Query }
  | { readonly kind: "seal" | "freeze" | "flush" | "failFlush" }
  | { readonly kind: "rollback" | "snapshot" | "crash" };

const anAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 12, arbitrary: aMutation.map((mutation): Action => ({ kind: "write", mutation })) },
  { weight: 3, arbitrary: fc.nat(3).map((count): Action => ({ kind: "durable", count })) },
  { weight: 3, arbitrary: fc.nat(3).map((count): Action => ({ kind: "slices", count })) },
  { weight: 4, arbitrary: aQuery.map((query): Action => ({ kind: "check", query })) },
  { weight: 5, arbitrary: fc.constant<Action>({ kind: "seal" }) },
  { weight: 2, arbitrary: fc.constant<Action>({ kind: "freeze" }) },
  { weight: 2, arbitrary: fc.constant<Action>({ kind: "flush" }) },
  { weight: 1, arbitrary: fc.constant<Action>({ kind: "failFlush" }) },
  { weight: 1, arbitrary: fc.constant<Action>({ kind: "rollback" }) },
  { weight: 1, arbitrary: fc.constant<Action>({ kind: "snapshot" }) },
  { weight: 1, arbitrary: fc.constant<Action>({ kind: "crash" }) },
);

function text(bytes: Uint8Array): string {
  return Array.from(bytes).join(" ");
}

function applyToModel(model: Map<Key, string>, mutation: Mutation): void {
  if (mutation.kind === "put") model.set(mutation.key, text(mutation.value));
  else if (mutation.kind === "delete") model.delete(mutation.key);
  else {
    for (const k of model.keys()) {
      if (k >= mutation.start && (mutation.end === undefined || k < mutation.end)) model.delete(k);
    }
  }
}

function applyToStore(store: Store, mutation: Mutation): void {
  if (mutation.kind === "put") store.put(mutation.key, mutation.value);
  else if (mutation.kind === "delete") store.delete(mutation.key);
  else store.deleteRange(mutation.start, mutation.end);
}

function modelRange(model: Model, { start, end, options }: Query): [Key, string][] {
  const rows = [...model]
    .filter(([k]) => k >= start && (end === undefined || k < end))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (options.reverse === true) rows.reverse();
  return rows.slice(0, options.limit ?? rows.length);
}

function checkView(view: ReadView, model: Model, query: Query): void {
  const { start, end, options } = query;
  const row = ([k, v]: Row): [Key, string] => [k, text(v)];
  assert.deepEqual([...view.range(start, end, options)].map(row), modelRange(model, query));
  assert.deepEqual([...view.range("", undefined)].map(row), modelRange(model, everything));
  const value = view.get(start);
  assert.equal(value === undefined ? undefined : text(value), model.get(start));
}

const everything: Query = { start: "", end: undefined, options: {} };

/** A shard's use of a store, with the model of what every state must hold. */
class Harness {
  readonly #storage = new MemoryTreeStorage();
  #store: Store;
  #tip = new Map<Key, string>();
  #batch: Mutation[] = [];
  /** #log[i] is record i + 1; the state before the first record stands at -1. */
  #log: Sealed[] = [];
  #origin: Sealed;
  #durable = 0;
  #snapshots: { snapshot: Snapshot; model: Model }[] = [];
  #flushing: Promise<void> | undefined;
  #nextSlice: ((error?: CronosError) => void) | undefined;

  constructor() {
    this.#storage.faults = {
      sliceRows: 2,
      beforeSlice: () =>
        new Promise((resolve, reject) => {
          this.#nextSlice = (error) => (error === undefined ? resolve() : reject(error));
        }),
    };
    this.#store = new Store(openMemoryTree(this.#storage));
    this.#origin = { mutations: [], mark: this.#store.mark(), model: new Map() };
  }

  async run(action: Action): Promise<void> {
    if (action.kind === "write") this.#write(action.mutation);
    else if (action.kind === "seal") this.#seal();
    else if (action.kind === "durable") this.#advanceDurable(action.count);
    else if (action.kind === "freeze") this.#freeze();
    else if (action.kind === "flush") this.#startFlush();
    else if (action.kind === "slices") await this.#slices(action.count);
    else if (action.kind === "failFlush") await this.#failFlush();
    else if (action.kind === "rollback") this.#rollback();
    else if (action.kind === "snapshot") this.#snapshot();
    else if (action.kind === "check") this.check(action.query);
    else this.#crash();
  }

  check(query: Query): void {
    checkView(this.#store.tip, this.#tip, query);
    checkView(this.#store.view(this.#durableState().mark), this.#durableState().model, query);
    for (const { snapshot, model } of this.#snapshots) checkView(snapshot, model, query);
    const undurable = this.#log.at(-1);
    if (undurable !== undefined && this.#durable < this.#log.length) {
      checkView(this.#store.view(undurable.mark), undurable.model, query);
    }
  }

  async finish(): Promise<void> {
    this.#seal();
    this.#durable = this.#log.length;
    await this.#slices(10_000);
    while (this.#store.stats().frozenCount > 0) {
      this.#startFlush();
      await this.#slices(10_000);
    }
    for (const { snapshot } of this.#snapshots.splice(0)) snapshot.release();
    assert.equal(this.#store.stats().snapshotCount, 0);
    this.check(everything);
  }

  #durableState(): Sealed {
    return this.#log[this.#durable - 1] ?? this.#origin;
  }

  #write(mutation: Mutation): void {
    applyToStore(this.#store, mutation);
    applyToModel(this.#tip, mutation);
    this.#batch.push(mutation);
  }

  #seal(): void {
    const mark = this.#store.mark();
    this.#log.push({ mutations: this.#batch, mark, model: new Map(this.#tip) });
    this.#batch = [];
  }

  #advanceDurable(count: number): void {
    this.#durable = Math.min(this.#log.length, this.#durable + count);
  }

  #freeze(): void {
    this.#seal();
    this.#store.freeze(logIndex(this.#log.length));
  }

  #startFlush(): void {
    if (this.#flushing !== undefined) return;
    const flushing = this.#store.flush(logIndex(this.#durable)).then(
      () => undefined,
      (error: unknown) => assert.ok(error instanceof CronosError),
    );
    this.#flushing = flushing;
    void flushing.then(() => {
      if (this.#flushing === flushing) this.#flushing = undefined;
    });
  }

  async #slices(count: number): Promise<void> {
    for (let i = 0; i < count && this.#flushing !== undefined; i++) {
      this.#nextSlice?.();
      this.#nextSlice = undefined;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #failFlush(): Promise<void> {
    while (this.#flushing !== undefined && this.#nextSlice === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nextSlice?.(new CronosError("DISK_FULL", "Disk is full"));
    this.#nextSlice = undefined;
    await this.#flushing;
  }

  #rollback(): void {
    const { mark, model } = this.#durableState();
    this.#store.rollback(mark);
    this.#tip = new Map(model);
    this.#batch = [];
    this.#log.length = this.#durable;
  }

  #snapshot(): void {
    const { mark, model } = this.#durableState();
    this.#snapshots.push({ snapshot: this.#store.snapshot(mark), model });
    if (this.#snapshots.length > 3) this.#snapshots.shift()?.snapshot.release();
  }

  /** The flush in progress never goes on; the durable records that the base lacks are replayed. */
  #crash(): void {
    this.#nextSlice = undefined;
    this.#flushing = undefined;
    this.#snapshots = [];
    this.#store = new Store(openMemoryTree(this.#storage));
    this.#log.length = this.#durable;
    const log = this.#log;
    this.#log = [];
    this.#tip = new Map();
    this.#origin = { ...this.#origin, mark: this.#store.mark() };
    for (const [at, { mutations, model }] of log.entries()) {
      if (at + 1 > this.#store.appliedIndex) {
        for (const mutation of mutations) applyToStore(this.#store, mutation);
      }
      this.#log.push({ mutations, mark: this.#store.mark(), model });
      this.#tip = new Map(model);
    }
    this.#batch = [];
    this.#durable = this.#log.length;
  }
}

test("Store agrees with a sorted map under writes, rollbacks, flushes and crashes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anAction, { maxLength: 120, size: "max" }), async (actions) => {
      const harness = new Harness();
      for (const step of actions) await harness.run(step);
      await harness.finish();
    }),
    { numRuns: 400 },
  );
});
