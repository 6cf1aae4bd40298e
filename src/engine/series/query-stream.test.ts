/** Queries that stay: rows as they are written, windows as they close, and again when late. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import { openTestShard, turn } from "../../../test/support/test-shard.ts";
import type { TestShard } from "../../../test/support/test-shard.ts";
import { logIndex } from "../../base/ids.ts";
import type { SeriesChunk } from "../../influxql/result.ts";
import { SeriesStorage } from "../../models/series/storage.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { LATE_WAIT_MS, streamQuery } from "./query-stream.ts";
import type { StreamItem, StreamSource } from "./query-stream.ts";
import { SeriesFeed } from "./series-feed.ts";

const start = Date.UTC(2030, 0, 1);
const minute = 60_000_000_000n;
const startNs = BigInt(start) * 1_000_000n;
const MEASUREMENT = 1;

class Fixture {
  readonly parts: TestShard;
  readonly #feed: SeriesFeed;
  readonly #storage: SeriesStorage;
  readonly #taken: string[] = [];
  stream: AsyncIterableIterator<StreamItem> | undefined;
  lastToken = "";

  constructor(parts: TestShard) {
    this.parts = parts;
    this.#feed = new SeriesFeed(parts.shard);
    const { shard, clock } = parts;
    this.#storage = new SeriesStorage({ shard, clock, onError: assert.ifError });
  }

  static async open(): Promise<Fixture> {
    return new Fixture(await openTestShard({}, { clock: new SimulatedClock(start) }));
  }

  /** Follows a query; "rows 3" is a write of three points, "window 2" the third minute. */
  follow(withWindows: boolean, token?: number): void {
    const source: StreamSource = {
      reads: (_, measurementId) => measurementId === MEASUREMENT,
      windowOf: withWindows ? windowOf : undefined,
      selectFrom: (batches) => chunkNamed(`rows ${batches[0]?.rows ?? 0}`),
      selectWindow: (window) => chunkNamed(`window ${(window.start - startNs) / minute}`),
    };
    const options = { feed: this.#feed, clock: this.parts.clock, source };
    const at = token === undefined ? {} : { token: logIndex(token) };
    const stream = streamQuery({ ...options, ...at });
    this.stream = stream;
    void (async () => {
      for await (const item of stream) {
        this.#taken.push(item.kind === "gap" ? "gap" : item.chunk.name);
        this.lastToken = item.token;
      }
      this.#taken.push("end");
    })();
  }

  /** Writes points at these minutes. */
  async write(minutes: readonly number[], measurementId = MEASUREMENT): Promise<void> {
    const points = minutes.map((at) => {
      const time = startNs + BigInt(Math.round(at * 60_000)) * 1_000_000n;
      return { seriesId: 1, measurementId, time, fields: { 0: 1 } };
    });
    await this.parts.shard.execute((tx) => this.#storage.write(tx, seriesBatch(points)));
    await turn();
  }

  async pass(ms: number): Promise<void> {
    await this.parts.clock.advance(ms);
    await turn();
  }

  taken(): string[] {
    return this.#taken.splice(0);
  }
}

function windowOf(time: bigint): { start: bigint; end: bigint } {
  const at = time - (time % minute);
  return { start: at, end: at + minute };
}

async function* chunkNamed(name: string): AsyncGenerator<SeriesChunk, undefined> {
  yield { name, tags: [], columns: [], types: [], rows: [], isPartial: false };
  return undefined;
}

test("streamQuery gives the rows of each write of its measurement", async () => {
  const each = await Fixture.open();
  each.follow(false);
  await each.write([0, 1, 2]);
  await each.write([5], MEASUREMENT + 1);
  await each.write([3]);
  assert.deepEqual(each.taken(), ["rows 3", "rows 1"]);
});

test("streamQuery goes on from a token", async () => {
  const each = await Fixture.open();
  for (const rows of [[0], [0, 1], [0, 1, 2]]) await each.write(rows);
  each.follow(false, 1);
  await turn();
  await turn();
  assert.deepEqual(each.taken(), ["rows 2", "rows 3"]);
  assert.equal(each.lastToken, "3");
});

test("streamQuery gives a window when it is over, and once", async () => {
  const each = await Fixture.open();
  each.follow(true);
  await each.write([0.1]);
  await each.write([0.5, 1.5]);
  await each.pass(59_000);
  assert.deepEqual(each.taken(), []);
  await each.pass(2000);
  assert.deepEqual(each.taken(), ["window 0"]);
  await each.pass(60_000);
  assert.deepEqual(each.taken(), ["window 1"]);
  await each.pass(60_000);
  assert.deepEqual(each.taken(), []);
});

test("streamQuery gives a window again that late points touched, together", async () => {
  const each = await Fixture.open();
  each.follow(true);
  await each.pass(300_000);
  await each.write([1.5]);
  await each.write([1.6, 2.5]);
  await each.pass(LATE_WAIT_MS);
  assert.deepEqual(each.taken(), ["window 1", "window 2"]);
});

test("a token goes back to the first write of windows that are open", async () => {
  const each = await Fixture.open();
  each.follow(true);
  await each.write([5.5]);
  await each.write([0.5]);
  await each.pass(61_000);
  assert.deepEqual(each.taken(), ["window 0"]);
  assert.equal(each.lastToken, "0");
});

test("streamQuery ends when it is left, and when the shard closes", async () => {
  const each = await Fixture.open();
  each.follow(true);
  await each.write([0.5]);
  await each.stream?.return?.();
  await turn();
  assert.deepEqual(each.taken(), ["end"]);
  each.follow(false);
  await each.parts.shard.close();
  await turn();
  assert.deepEqual(each.taken(), ["end"]);
});
