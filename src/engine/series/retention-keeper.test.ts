import assert from "node:assert/strict";
import { test } from "node:test";
import { openQueryFixture } from "../../../test/support/query-fixture.ts";
import type { QueryFixture } from "../../../test/support/query-fixture.ts";
import { RETENTION_CHECK_MS, RETENTION_SOON_MS, RetentionKeeper } from "./retention-keeper.ts";

const HOUR_MS = 3_600_000;

interface Kept extends QueryFixture {
  readonly keeper: RetentionKeeper;
  /** Moves the clock and waits for the checks that fell due. */
  pass(ms: number): Promise<void>;
  /** SHOW SERIES, SHOW MEASUREMENTS, and how many shards there are. */
  known(): Promise<string>;
}

/** A default policy of two hours, in windows of one. */
async function openKept(): Promise<Kept> {
  const fixture = await openQueryFixture();
  const { shard, clock, models, ask } = fixture;
  await ask("CREATE RETENTION POLICY short ON db DURATION 2h REPLICATION 1 DEFAULT");
  const keeper = new RetentionKeeper({ shard, clock, models, warn: (text) => assert.fail(text) });
  const pass = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await keeper.check();
  };
  const known = async (): Promise<string> => {
    const names = [await ask("SHOW SERIES"), await ask("SHOW MEASUREMENTS")];
    const shards = models.storage.windows().length;
    return [...names, shards].join(" ").replaceAll(/"(?:columns|series|name)":/g, "");
  };
  return { ...fixture, keeper, pass, known };
}

test("RetentionKeeper drops windows that expired, and series without points", async (t) => {
  const { clock, write, ask, pass, known, keeper, queries } = await openKept();
  t.after(() => keeper.close());
  const hour = Math.floor(clock.now() / HOUR_MS);
  const at = (hours: number): string => `${(hour + hours) * HOUR_MS + 1}000000`;
  await write(`m,host=a v=1 ${at(0)}\nm,host=b v=1 ${at(0)}\nn v=1 ${at(0)}\n`);
  await clock.advance(HOUR_MS);
  await write(`m,host=b v=2 ${at(1)}\n`);
  assert.match(await known(), /m,host=a.*m,host=b.*"n".* 2$/);
  // The first window ends in an hour of ours at most, and is kept for two.
  await pass(HOUR_MS);
  assert.match(await known(), / 2$/);
  await pass(HOUR_MS + RETENTION_CHECK_MS);
  assert.doesNotMatch(await known(), /host=a|"n"/);
  assert.match(await known(), /m,host=b.* 1$/);
  assert.match(await ask("SELECT count(v) FROM m"), /,1\]/);
  await pass(HOUR_MS);
  assert.match(await known(), / 0$/);
  assert.doesNotMatch(await known(), /"m/);
  queries.close();
});

test("RetentionKeeper checks soon after it starts and by itself every half hour", async (t) => {
  const { clock, write, known, keeper, shard, ask } = await openKept();
  t.after(() => keeper.close());
  await write(`m v=1 ${clock.now()}000000`);
  await ask("ALTER RETENTION POLICY short ON db DURATION 6h");
  await clock.advance(3 * HOUR_MS + RETENTION_CHECK_MS);
  await keeper.idle();
  assert.match(await known(), / 1$/);
  await ask("ALTER RETENTION POLICY short ON db DURATION 1h");
  keeper.changed();
  await clock.advance(RETENTION_SOON_MS);
  await keeper.idle();
  await shard.flush();
  assert.match(await known(), / 0$/);
  await write(`m v=1 ${clock.now()}000000`);
  await clock.advance(2 * HOUR_MS + RETENTION_CHECK_MS);
  await keeper.idle();
  assert.match(await known(), / 0$/);
});
