import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RowStore } from "../../../test/support/row-store.ts";
import { shardTimeMs } from "../../base/ids.ts";
import { mixHash1, mixHash2 } from "./dedup-hash.ts";
import { DedupIndex } from "./dedup.ts";
import { dedupReachKey } from "./rows.ts";

/** Different ids may have equal hashes: few values, often met. */
const HASHES = 300;

/**
 * A topic of one partition: offset → id, with a durable and a newer part as a shard has it. Every
 * publish goes through the index; a Map says what the answer must be.
 */
class Topic {
  readonly store = new RowStore();
  index = this.#open();
  /** id of each offset; undefined: cancelled. */
  log: (number | undefined)[] = [];
  #durable: (number | undefined)[] = [];
  #addedUntil = 0;

  #open(): DedupIndex {
    return new DedupIndex(() => {
      const reach = Buffer.from(String(this.#addedUntil));
      return (tx) => tx.put(dedupReachKey(0, 0), reach);
    });
  }

  find(id: number): number {
    let found = -1;
    this.index.candidates(...hashesOf(id), this.store, (partition, offset) => {
      assert.equal(partition, 0);
      if (this.log[offset] !== id) return false;
      found = offset;
      return true;
    });
    return found;
  }

  publish(id: number): void {
    const expected = this.log.lastIndexOf(id);
    assert.equal(this.find(id), expected);
    if (expected >= 0) return;
    this.#addedUntil = this.log.length;
    this.index.add(...hashesOf(id), 0, this.log.length);
    this.log.push(id);
    this.#addedUntil = this.log.length;
  }

  /** A publish whose operation throws behind the add. */
  publishUndone(id: number): void {
    if (this.find(id) < 0) this.index.add(...hashesOf(id), 0, this.log.length);
  }

  cancel(id: number, andRemove: boolean): void {
    const offset = this.find(id);
    if (offset < 0) return;
    this.log[offset] = undefined;
    if (!andRemove) return;
    this.sync();
    this.index.remove(...hashesOf(id), 0, offset);
  }

  step(): void {
    this.index.step(this.store.run);
  }

  failStep(): void {
    if (!this.index.hasWork) return;
    const fail = () => {
      this.index.step((operation) =>
        this.store.run((tx) => {
          operation(tx);
          throw new Error("undone");
        }),
      );
    };
    assert.throws(fail, /undone/);
  }

  sync(): void {
    this.#durable = [...this.log];
    this.store.sync();
  }

  rollBack(): void {
    this.log = [...this.#durable];
    this.#addedUntil = this.log.length;
    this.store.rollBack();
    this.index.reload(this.store);
  }

  /** The process dies and comes back: only durable rows are left. */
  restart(): void {
    this.log = [...this.#durable];
    this.store.rollBack();
    this.index = this.#open();
    this.index.load(this.store);
    this.#addedUntil = Number(this.store.get(dedupReachKey(0, 0)) ?? 0);
    for (; this.#addedUntil < this.log.length; this.#addedUntil++) {
      const id = this.log[this.#addedUntil];
      if (id !== undefined) this.index.add(...hashesOf(id), 0, this.#addedUntil);
    }
  }
}

function hashesOf(id: number): [number, number] {
  return [mixHash1(0, id % HASHES), mixHash2(0, id % (HASHES / 3))];
}

const id = fc.integer({ min: 0, max: 3 * HASHES });
const command = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant("publish" as const), id, fc.nat(300)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("undone" as const), id, fc.nat(50)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("cancel" as const), id, fc.nat(100)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("remove" as const), id, fc.nat(20)) },
  { weight: 5, arbitrary: fc.tuple(fc.constant("freeze" as const)) },
  { weight: 6, arbitrary: fc.tuple(fc.constant("step" as const), fc.nat(9)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("failStep" as const)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("sync" as const)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("rollBack" as const)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("restart" as const)) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

function execute(topic: Topic, next: Command): void {
  const each = (from: number, count: number, run: (id: number) => void) => {
    for (let k = 0; k <= count; k++) run((from + k) % (3 * HASHES));
  };
  switch (next[0]) {
    case "publish":
      return each(next[1], next[2], (one) => topic.publish(one));
    case "undone":
      return each(next[1], next[2], (one) => topic.publishUndone(one));
    case "cancel":
      return each(next[1], next[2], (one) => topic.cancel(one, false));
    case "remove":
      return each(next[1], next[2], (one) => topic.cancel(one, true));
    case "freeze":
      topic.index.freeze();
      return;
    case "step":
      for (let k = 0; k < next[1]; k++) topic.step();
      return;
    case "failStep":
      return topic.failStep();
    case "sync":
      return topic.sync();
    case "rollBack":
      return topic.rollBack();
    case "restart":
      return topic.restart();
  }
}

test("DedupIndex answers like a Map whatever happens in between", () => {
  const commands = fc.array(command, { minLength: 5, maxLength: 120, size: "max" });
  fc.assert(
    fc.property(commands, (list) => {
      const topic = new Topic();
      for (const next of list) {
        topic.store.now = shardTimeMs(topic.store.now + 1);
        execute(topic, next);
      }
      for (let one = 0; one < 3 * HASHES; one++) {
        assert.equal(topic.find(one), topic.log.lastIndexOf(one));
      }
    }),
    { numRuns: 250 },
  );
});
