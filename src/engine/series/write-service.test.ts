import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestShard } from "../../../test/support/test-shard.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { openSeriesModels } from "./series-models.ts";
import type { SeriesModels } from "./series-models.ts";
import { SeriesWriteService } from "./write-service.ts";

const hour = 3_600_000_000_000n;

async function openWrites(headBytesMax = 2 ** 26): Promise<{
  readonly models: SeriesModels;
  readonly service: SeriesWriteService;
  readonly shard: Awaited<ReturnType<typeof openTestShard>>["shard"];
  write(lines: string, options?: { policy?: string; precision?: string }): Promise<string>;
}> {
  const { shard, clock } = await openTestShard({ memtableBytesMax: 2 ** 26 });
  const models = openSeriesModels(shard, {
    clock,
    onError: () => assert.fail(),
    headBytesMax,
  });
  const service = new SeriesWriteService({ shard, clock, models });
  await shard.execute((tx) => models.catalog.createDatabase(tx, "db"));
  const write = async (lines: string, options = {}): Promise<string> => {
    const request = { database: "db", lines: Buffer.from(lines), ...options };
    return (await service.write(request)).message ?? "ok";
  };
  return { models, service, shard, write };
}

/** All points of a measurement as lines, by series and time. */
function pointsOf(
  { catalog, index, storage }: SeriesModels,
  tip: ReadView,
  name: string,
): string[] {
  const database = catalog.needDatabase("db");
  const measurement = catalog.measurement(database, name) ?? assert.fail(name);
  const view = storage.view();
  const lines: string[] = [];
  for (const seriesId of index.seriesOf(tip, measurement.id)) {
    const tags = index.tagsOf(tip, measurement.id, seriesId) ?? assert.fail();
    for (const { id: policyId } of database.policies) {
      const place = { policyId, measurementId: measurement.id, seriesId };
      const fieldIds = measurement.fields.map(({ id }) => id);
      for (const batch of view.scan(place, fieldIds, { from: -(2n ** 63n), to: 2n ** 63n })) {
        const offsets = batch.offsets();
        for (let i = 0; i < batch.count; i++) {
          const fields = measurement.fields.flatMap((field, at) => {
            const column = batch.column(at);
            const isThere = column !== undefined && column.present?.[i] !== 0;
            return isThere ? [`${field.name}=${String(column.values[i])}`] : [];
          });
          const time = BigInt(batch.startHour) * hour + BigInt(offsets[i] ?? 0);
          lines.push(`${tags.map((tag) => tag.join("=")).join(",")} ${fields.join(",")} ${time}`);
        }
      }
    }
  }
  view.release();
  return lines;
}

test("SeriesWriteService stores lines, again and in other orders of tags and fields", async () => {
  const { models, shard, write } = await openWrites();
  for (let i = 1; i <= 3; i++) {
    const lines = `m,a=1,b=2 x=${i},s="t${i}" ${i}\nm,b=2,a=1 s="u",x=-${i}.5 -${i}`;
    assert.equal(await write(lines), "ok");
  }
  assert.deepEqual(pointsOf(models, shard.tip, "m"), [
    "a=1,b=2 x=-3.5,s=u -3",
    "a=1,b=2 x=-2.5,s=u -2",
    "a=1,b=2 x=-1.5,s=u -1",
    "a=1,b=2 x=1,s=t1 1",
    "a=1,b=2 x=2,s=t2 2",
    "a=1,b=2 x=3,s=t3 3",
  ]);
});

test("SeriesWriteService keeps good points and tells of the others as 1.x", async () => {
  const { models, shard, write } = await openWrites();
  const conflict = (type: string): string =>
    `partial write: field type conflict: input field "v" on measurement "m" is type ${type}, ` +
    `already exists as type float dropped=1`;
  const invalidTime = '"time" on measurement "m" is invalid dropped=1';
  const cases: readonly (readonly [string, string])[] = [
    ["m v=1 1\nm v=2i 2\nm v=3 3", conflict("integer")],
    ['m v="x" 2', conflict("string")],
    ["bad", "unable to parse 'bad': missing fields"],
    [
      "bad\nm v=4 4\nm,",
      "partial write: unable to parse 'bad': missing fields\n" +
        "unable to parse 'm,': missing tag key dropped=0",
    ],
    ["m,time=1 v=1", `partial write: invalid tag key: input tag ${invalidTime}`],
    ["m time=1", `partial write: invalid field name: input field ${invalidTime}`],
    ["m time=1,v=5,v=6 5", "ok"],
    ["", "ok"],
  ];
  for (const [lines, message] of cases) assert.equal(await write(lines), message);
  assert.deepEqual(pointsOf(models, shard.tip, "m"), [" v=1 1", " v=3 3", " v=4 4", " v=6 5"]);
});

test("SeriesWriteService drops what the policy does not keep", async () => {
  const { shard, models, write } = await openWrites();
  await shard.execute((tx) => models.catalog.createPolicy(tx, "db", { name: "p", duration: hour }));
  const old = "partial write: points beyond retention policy dropped=1";
  assert.equal(await write("m v=1\nm v=2 1", { policy: "p" }), old);
  assert.equal(await write("m v=1\nm v=2 1", { policy: "p" }), old);
  assert.equal(await write("m v=2 1"), "ok");
  await assert.rejects(write("m v=1", { policy: "q" }), /: retention policy not found: q$/);
});

test("SeriesWriteService reads timestamps in their precision", async () => {
  const { models, shard, write } = await openWrites();
  const cases = [["n", 7n], ["u", 7_000n], ["ms", 7_000_000n], ["s", 7_000_000_000n]] as const;
  for (const [precision, time] of cases) {
    await write(`${precision} v=1 1\n${precision} v=2 7`, { precision });
    assert.equal(pointsOf(models, shard.tip, precision)[1], ` v=2 ${time}`);
  }
  await write("h v=1 3\nh v=1 -3", { precision: "h" });
  assert.deepEqual(pointsOf(models, shard.tip, "h"), [` v=1 ${-3n * hour}`, ` v=1 ${3n * hour}`]);
  const far = "time outside range -9223372036854775806 - 9223372036854775806";
  assert.match(await write("h v=1 99999999999", { precision: "h" }), new RegExp(far));
});

test("SeriesWriteService cuts large bodies into slices and stores all of them", async () => {
  const { models, write } = await openWrites();
  const lines = Array.from({ length: 12_000 }, (_, i) => `m,host=h${i % 7000} v=${i}i ${i}`);
  assert.equal(await write(lines.join("\n")), "ok");
  const { catalog, index } = models;
  const measurement = catalog.measurement(catalog.needDatabase("db"), "m");
  assert.equal(index.seriesCount(measurement?.id ?? 0), 7000);
});

test("SeriesWriteService.writeIn is undone with its transaction", async () => {
  const { models, service, shard, write } = await openWrites();
  const request = { database: "db", lines: Buffer.from("m,a=1 v=1 1") };
  const failing = shard.execute((tx) => {
    service.writeIn(tx, request);
    throw new Error("undone");
  });
  await assert.rejects(failing, /undone/);
  assert.equal(models.catalog.measurement(models.catalog.needDatabase("db"), "m"), undefined);
  assert.equal(await write("m,a=1 v=2i 2"), "ok");
  const more = { ...request, lines: Buffer.from("m,a=1 v=3i 3") };
  await shard.execute((tx) => service.writeIn(tx, more));
  assert.deepEqual(pointsOf(models, shard.tip, "m"), ["a=1 v=2 2", "a=1 v=3 3"]);
});

test("write() waits until others' points are sealed instead of being refused", async () => {
  const { models, shard, write } = await openWrites(1);
  const writers = Array.from({ length: 20 }, (_, n) => write(`m,w=${n} v=1 1`));
  assert.deepEqual(new Set(await Promise.all(writers)), new Set(["ok"]));
  assert.equal(pointsOf(models, shard.tip, "m").length, 20);
});
