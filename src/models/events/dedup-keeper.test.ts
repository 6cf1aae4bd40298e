import assert from "node:assert/strict";
import { test } from "node:test";
import { CronosError } from "../../base/errors.ts";
import { epoch } from "../../base/ids.ts";
import { MemoryLog } from "../../log/memory/memory-log.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { Shard } from "../../shard/shard.ts";
import { openMemoryTree } from "../../store/memory/memory-tree.ts";
import { Catalog } from "./catalog.ts";
import { DedupKeeper } from "./dedup-keeper.ts";
import { TABLE_ENTRIES_MAX } from "./dedup-table.ts";
import { EventList } from "./event-list.ts";
import { loadPartition } from "./partition-checkpoint.ts";
import { Publisher } from "./publish.ts";
import { dedupReachKey, partitionKey } from "./rows.ts";
import type { TopicSettings } from "./topic.ts";

const hour = 3_600_000;
const defaults: TopicSettings = {
  partitions: 2,
  retentionMs: 0,
  retentionBytes: 0,
  dedupTtlMs: hour,
  maxAttempts: 5,
  ackTimeoutMs: 1000,
  retryBackoffMs: 1000,
};

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** What publishing needs of a database, on a log that outlives it. */
class Database {
  readonly clock: SimulatedClock;
  readonly shard: Shard;
  readonly catalog = new Catalog(defaults, { onCreated: () => {}, onRemoved: () => {} });
  readonly keeper: DedupKeeper;
  readonly #publisher: Publisher;
  readonly #list = new EventList();

  constructor(clock: SimulatedClock, shard: Shard) {
    this.clock = clock;
    this.shard = shard;
    this.keeper = new DedupKeeper(shard, clock, this.catalog);
    this.#publisher = new Publisher(this.catalog, this.keeper.index, {
      wallNow: () => clock.now(),
      onPublished: (partition, bytes) => this.keeper.published(partition, bytes),
      onScheduled: () => {},
      onFired: () => {},
    });
    shard.attach({
      rebuild: () => {
        this.#load();
        this.keeper.rolledBack(shard.tip);
      },
    });
    this.#load();
    this.keeper.start(shard.tip);
  }

  static async open(log: MemoryLog, clock: SimulatedClock): Promise<Database> {
    const base = openMemoryTree();
    const sizes = { groupCommit: true, memtableBytesMax: 256 * 1024 * 1024 };
    return new Database(clock, await Shard.open({ log, base, clock, epoch: epoch(1), ...sizes }));
  }

  #load(): void {
    this.catalog.load(this.shard.tip);
    for (const topic of this.catalog.topics()) {
      for (const partition of topic.partitions) loadPartition(this.shard.tip, partition);
    }
  }

  /** Publishes ids; returns how many were duplicates. */
  publish(
    ids: readonly string[],
    options: { readonly size?: number; readonly allowDuplicate?: boolean } = {},
  ): number {
    const payload = Buffer.alloc(options.size ?? 1);
    const at = this.clock.now() + 1000 * hour;
    this.#list.encodeAll(ids.map((id) => ({ topic: "t", id, at, payload })));
    return this.shard.run((tx) => {
      return this.#publisher.publish(tx, this.#list, options.allowDuplicate ?? false).duplicates;
    });
  }

  /** Publishes one id; returns the offset in the outcome. */
  offset(id: string): number {
    this.publish([id]);
    return this.#publisher.outcome.offset[0] as number;
  }

  publishRange(from: number, to: number): number {
    let duplicates = 0;
    for (let start = from; start < to; start += 1000) {
      const count = Math.min(1000, to - start);
      duplicates += this.publish(Array.from({ length: count }, (_, k) => `id-${start + k}`));
    }
    return duplicates;
  }

  /** Waits until nothing is left to be done or to become durable. */
  async settle(): Promise<void> {
    while (this.keeper.index.hasWork) await turn();
    await this.shard.tipDurable();
  }

  get figures(): unknown {
    return this.catalog.get("t").partitions.map(({ nextOffset, bytes, pending }) => {
      return { nextOffset, bytes, pending };
    });
  }

  get reach(): number {
    const value = this.shard.tip.get(dedupReachKey(1, 0));
    return value === undefined ? 0 : Buffer.from(value).readUIntLE(0, 6);
  }

  /** Gives up the process: what became durable is in the log. */
  async kill(): Promise<void> {
    this.keeper.close();
    await this.shard.tipDurable();
  }
}

test("DedupKeeper.start() knows the ids of stored blocks", async () => {
  const log = new MemoryLog();
  const clock = new SimulatedClock();
  let database = await Database.open(log, clock);
  assert.equal(database.publishRange(0, 1000), 0);
  await database.kill();
  database = await Database.open(log, clock);
  assert.equal(database.publishRange(0, 1000), 1000);
  assert.equal(database.publishRange(1000, 1010), 0);
});

test("DedupKeeper.start() with more ids than a table holds claims none too early", async () => {
  const log = new MemoryLog();
  const clock = new SimulatedClock();
  const count = TABLE_ENTRIES_MAX + 20_000;
  let database = await Database.open(log, clock);
  // Killed before a run is written: all ids are behind the reach.
  assert.equal(database.publishRange(0, count), 0);
  await database.kill();
  database = await Database.open(log, clock);
  // Killed again when one of two tables is written.
  while (database.keeper.index.runs === 0) await turn();
  assert.equal(database.reach, 0);
  await database.kill();
  database = await Database.open(log, clock);
  await database.settle();
  assert.ok(database.reach > 0);
  const sample = Array.from({ length: count / 64 }, (_, k) => `id-${k * 64}`);
  assert.equal(database.publish(sample), sample.length);
});

test("DedupKeeper.published() has ids written before too many bytes are unreached", async () => {
  const log = new MemoryLog();
  const clock = new SimulatedClock();
  let database = await Database.open(log, clock);
  const ids = Array.from({ length: 40 }, (_, k) => `large-${k}`);
  for (const id of ids) database.publish([id], { size: 2 * 1024 * 1024 });
  await database.settle();
  assert.equal(database.keeper.index.runs, 1);
  assert.ok(database.reach > 0);
  const figures = database.figures;
  assert.ok(database.shard.tip.get(partitionKey(1, 0)), "checkpoint");
  await database.kill();
  database = await Database.open(log, clock);
  assert.deepEqual(database.figures, figures);
  assert.equal(database.publish(ids), ids.length);
});

test("DedupKeeper gives a duplicate the first one's offset after a restart, too", async () => {
  const log = new MemoryLog();
  const clock = new SimulatedClock();
  let database = await Database.open(log, clock);
  const first = database.offset("a");
  database.keeper.index.freeze();
  database.publish(["b"]);
  await database.settle();
  for (let k = 0; k < 5; k++) database.publish(["a"], { allowDuplicate: true });
  assert.equal(database.offset("a"), first);
  await database.kill();
  database = await Database.open(log, clock);
  assert.equal(database.offset("a"), first);
});

test("DedupKeeper.published() moves the reach over repeated ids, too", async () => {
  const database = await Database.open(new MemoryLog(), new SimulatedClock());
  database.publish(["a", "b", "c", "d"]);
  database.keeper.index.freeze();
  await database.settle();
  for (let k = 0; k < 40; k++) {
    database.publish(["a", "b"], { size: 1024 * 1024, allowDuplicate: true });
  }
  await turn();
  await turn();
  assert.ok(database.reach > 30);
});

test("DedupKeeper.expire() drops runs that are too old", async () => {
  const clock = new SimulatedClock();
  const database = await Database.open(new MemoryLog(), clock);
  for (let k = 0; k < 5; k++) {
    assert.equal(database.publishRange(0, 100), 0);
    assert.equal(database.publishRange(0, 100), 100);
    database.keeper.index.freeze();
    database.publish([`more-${k}`]);
    await database.settle();
    assert.ok(database.keeper.index.runs <= 2);
    clock.step(hour);
    database.keeper.expire(clock.now() - hour + 1);
  }
});

test("DedupKeeper keeps exact through a log that fails", async () => {
  const log = new MemoryLog();
  const clock = new SimulatedClock();
  const database = await Database.open(log, clock);
  database.publishRange(0, 1000);
  await database.shard.tipDurable();
  log.hold();
  database.publishRange(1000, 2000);
  database.keeper.index.freeze();
  const lost = database.shard.tipDurable();
  log.failNext(new CronosError("DISK_FULL", "Disk is full"));
  log.release();
  await assert.rejects(lost);
  await clock.advance(1000);
  assert.equal(database.publishRange(0, 1000), 1000);
  assert.equal(database.publishRange(1500, 2500), 0);
  await database.settle();
  await database.kill();
  const next = await Database.open(log, clock);
  assert.equal(next.publishRange(0, 1000), 1000);
  assert.equal(next.publishRange(1500, 2500), 1000);
  assert.equal(next.publishRange(1000, 1500), 0);
});
