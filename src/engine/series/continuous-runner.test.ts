/** Continuous queries on simulated time: each run once, what was missed, what came late. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import { openTestShard, turn } from "../../../test/support/test-shard.ts";
import type { TestShard } from "../../../test/support/test-shard.ts";
import { definitionKind, Definitions } from "../../models/series/definitions.ts";
import { SeriesStorage } from "../../models/series/storage.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { ContinuousRunner, LATE_DELAY_MS } from "./continuous-runner.ts";
import type { ContinuousContent } from "./continuous-runner.ts";
import { SeriesFeed } from "./series-feed.ts";

const minuteMs = 60_000;
const start = Date.UTC(2030, 0, 1, 12, 0, 30);
const SOURCE = 1;

class Fixture {
  readonly parts: TestShard;
  readonly definitions: Definitions<ContinuousContent>;
  /** Minutes since 12:00 of the spans that were computed. */
  readonly runs: string[] = [];
  readonly warnings: string[] = [];
  failure: Error | undefined;
  firstPast: bigint | undefined;
  readonly #runner: ContinuousRunner;
  readonly #storage: SeriesStorage;

  constructor(parts: TestShard) {
    this.parts = parts;
    const { shard, clock } = parts;
    this.definitions = new Definitions(definitionKind.continuousQuery, shard.tip);
    this.#storage = new SeriesStorage({ shard, clock, onError: assert.ifError });
    this.#runner = new ContinuousRunner({
      shard,
      clock,
      feed: new SeriesFeed(shard),
      definitions: this.definitions,
      plan: (_, text) => ({
        intervals: { interval: BigInt(text) * 60_000_000_000n, offset: 0n, every: 0n, for: 0n },
        reads: (_policy, measurementId) => measurementId === SOURCE,
        firstPast: async () => this.firstPast,
        run: async ({ from, to }) => {
          if (this.failure !== undefined) throw this.failure;
          this.runs.push(`${minuteOf(from)}-${minuteOf(to)}`);
        },
      }),
      warn: (message) => this.warnings.push(message),
    });
    this.#runner.start();
  }

  static async open(parts: Partial<TestShard> = {}): Promise<Fixture> {
    return new Fixture(await openTestShard({}, { clock: new SimulatedClock(start), ...parts }));
  }

  async define(name: string, minutes: number): Promise<void> {
    const content = { text: String(minutes), ran: "", done: "", seen: 0 };
    const { shard } = this.parts;
    await shard.execute((tx) => this.definitions.put(tx, { databaseId: 1, name, content }));
    this.#runner.changed();
    await this.pass(0);
  }

  /** Writes a point so many minutes after 12:00. */
  async write(minute: number, measurementId = SOURCE): Promise<void> {
    const time = BigInt(start - 30_000 + minute * minuteMs) * 1_000_000n;
    const batch = seriesBatch([{ seriesId: 1, measurementId, time, fields: { 0: 1 } }]);
    await this.parts.shard.execute((tx) => this.#storage.write(tx, batch));
  }

  async pass(ms: number): Promise<void> {
    await this.parts.clock.advance(ms);
    for (let settling = 0; settling < 5; settling++) {
      await turn();
      await this.#runner.idle();
    }
  }

  taken(): string[] {
    return this.runs.splice(0);
  }

  async close(): Promise<void> {
    await this.#runner.close();
    await this.parts.shard.close();
  }
}

function minuteOf(time: bigint): number {
  return Number(time / 1_000_000n - BigInt(start - 30_000)) / minuteMs;
}

test("ContinuousRunner runs a query at the end of each group", async () => {
  const each = await Fixture.open();
  await each.define("q", 1);
  await each.pass(29_000);
  assert.deepEqual(each.taken(), []);
  await each.pass(1000);
  assert.deepEqual(each.taken(), ["0-1"]);
  await each.pass(minuteMs);
  assert.deepEqual(each.taken(), ["1-2"]);
});

test("ContinuousRunner computes what it missed while it was closed", async () => {
  const before = await Fixture.open();
  await before.define("q", 1);
  await before.pass(30_000);
  await before.close();
  await before.parts.clock.advance(10 * minuteMs);
  const after = await Fixture.open(before.parts);
  await after.pass(0);
  assert.deepEqual(after.taken(), ["1-11"]);
});

test("ContinuousRunner computes groups again that late points touched", async () => {
  const each = await Fixture.open();
  await each.define("q", 1);
  await each.pass(5 * minuteMs);
  each.taken();
  for (const minute of [1.5, 1.6, 2.1, 4]) await each.write(minute);
  await each.write(1.5, SOURCE + 1);
  await each.write(5.2);
  await each.pass(LATE_DELAY_MS);
  assert.deepEqual(each.taken(), ["1-3", "4-5"]);
  await each.pass(LATE_DELAY_MS);
  assert.deepEqual(each.taken(), []);
});

test("ContinuousRunner finds late points that came before a crash", async () => {
  const before = await Fixture.open();
  await before.define("q", 1);
  await before.pass(5 * minuteMs);
  await before.write(2.5);
  await turn();
  await before.close();
  const after = await Fixture.open(before.parts);
  await after.pass(LATE_DELAY_MS);
  assert.deepEqual(after.taken(), ["2-3"]);
});

test("ContinuousRunner makes up for runs that failed, and says why they did", async () => {
  const each = await Fixture.open();
  await each.define("q", 1);
  each.taken();
  each.failure = new Error("no such thing");
  await each.pass(minuteMs);
  await each.pass(minuteMs);
  assert.match(each.warnings[0] ?? "", /^Continuous query "q" failed: .*no such thing/);
  each.failure = undefined;
  await each.pass(minuteMs);
  assert.deepEqual(each.taken(), ["0-3"]);
});


test("ContinuousRunner computes what is past when a query is made, piece by piece", async () => {
  const each = await Fixture.open();
  each.firstPast = BigInt(start - 12_000.5 * minuteMs) * 1_000_000n;
  await each.define("q", 1);
  await each.pass(0);
  assert.deepEqual(each.taken(), ["-12000--2000", "-2000-0"]);
  await each.pass(30_000);
  assert.deepEqual(each.taken(), ["0-1"]);
});
