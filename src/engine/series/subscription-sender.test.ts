/** Subscriptions: everything is sent at least once, across failures and restarts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import { openTestShard, turn } from "../../../test/support/test-shard.ts";
import type { TestShard } from "../../../test/support/test-shard.ts";
import { definitionKind, Definitions } from "../../models/series/definitions.ts";
import { SeriesStorage } from "../../models/series/storage.ts";
import { SeriesFeed } from "./series-feed.ts";
import type { SubscriptionContent } from "./series-models.ts";
import { SubscriptionSender } from "./subscription-sender.ts";

class Fixture {
  readonly parts: TestShard;
  readonly sent: string[] = [];
  readonly warnings: string[] = [];
  /** Destinations that refuse. */
  readonly down = new Set<string>();
  readonly sender: SubscriptionSender;
  readonly #definitions: Definitions<SubscriptionContent>;
  readonly #storage: SeriesStorage;

  constructor(parts: TestShard) {
    this.parts = parts;
    const { shard, clock } = parts;
    this.#storage = new SeriesStorage({ shard, clock, onError: assert.ifError });
    this.#definitions = new Definitions(definitionKind.subscription, shard.tip);
    this.sender = new SubscriptionSender({
      shard,
      clock,
      feed: new SeriesFeed(shard),
      definitions: this.#definitions,
      filter: () =>
        async function* (batches) {
          const rows = batches.flatMap(({ nanos }) => Array.from(nanos, (at) => [BigInt(at), 1]));
          const columns = { columns: ["time", "v"], types: ["time", "float"] as const };
          yield { name: "m", tags: [], ...columns, rows, isPartial: false };
        },
      send: async (destination, lines) => {
        if (this.down.has(destination)) throw new Error("refused");
        this.sent.push(`${destination} ${lines.trim()}`);
      },
      warn: (message) => this.warnings.push(message),
    });
    this.sender.changed();
  }

  async define(mode: "ALL" | "ANY", destinations: readonly string[]): Promise<void> {
    const content = { policy: "autogen", mode, destinations };
    const { shard } = this.parts;
    await shard.execute((tx) => {
      this.#definitions.put(tx, { databaseId: 1, name: "s", content });
    });
    this.sender.changed();
  }

  async drop(): Promise<void> {
    await this.parts.shard.execute((tx) => void this.#definitions.remove(tx, 1, "s"));
    this.sender.changed();
  }

  async write(time: bigint): Promise<void> {
    const batch = seriesBatch([{ seriesId: 1, time, fields: { 0: 1 } }]);
    await this.parts.shard.execute((tx) => this.#storage.write(tx, batch));
    await this.pass(0);
  }

  async pass(ms: number): Promise<void> {
    await this.parts.clock.advance(ms);
    for (let settling = 0; settling < 5; settling++) await turn();
  }

  taken(): string[] {
    return this.sent.splice(0).toSorted();
  }
}

test("a subscription with ALL sends to every destination, whatever another one does", async () => {
  const each = new Fixture(await openTestShard());
  await each.write(1n);
  await each.define("ALL", ["a", "b"]);
  each.down.add("b");
  await each.write(2n);
  await each.write(3n);
  assert.deepEqual(each.taken(), ["a m v=1 2", "a m v=1 3"]);
  each.down.clear();
  await each.pass(1000);
  assert.deepEqual(each.taken(), ["b m v=1 2", "b m v=1 3"]);
  assert.match(each.warnings[0] ?? "", /^Subscription "s" cannot reach b: .*refused/);
  await each.drop();
  await each.write(4n);
  assert.deepEqual(each.taken(), []);
});

test("a subscription with ANY goes to the next destination when one fails", async () => {
  const each = new Fixture(await openTestShard());
  await each.define("ANY", ["a", "b"]);
  await each.write(1n);
  each.down.add("a");
  await each.write(2n);
  each.down.clear();
  await each.write(3n);
  assert.deepEqual(each.taken(), ["a m v=1 1", "b m v=1 2", "b m v=1 3"]);
});

test("a subscription goes on after a restart where it was", async () => {
  const before = new Fixture(await openTestShard());
  await before.define("ALL", ["a"]);
  await before.write(1n);
  await before.pass(1000);
  before.down.add("a");
  await before.write(2n);
  before.sender.close();
  await before.parts.shard.close();
  const after = new Fixture(await openTestShard({}, before.parts));
  await after.pass(0);
  await after.write(3n);
  assert.deepEqual(after.taken(), ["a m v=1 2", "a m v=1 3"]);
});
