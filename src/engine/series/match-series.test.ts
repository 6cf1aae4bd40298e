/** Conditions on tags, as sets of series. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openQueryFixture } from "../../../test/support/query-fixture.ts";
import { must } from "../../base/assert.ts";
import { parseCondition } from "../../influxql/parse.ts";
import { matchSeries, mentionsTime } from "./match-series.ts";

const lines = ["m,h=a v=1 1", "m,h=b,r=eu v=1 1", "m,r=us v=1 1", "m v=1 1"].join("\n");

const cases: readonly (readonly [string, readonly number[]])[] = [
  ["h = 'a'", [1]],
  ["'a' = h", [1]],
  ["h != 'a'", [2, 3, 4]],
  ["h = ''", [3, 4]],
  ["h =~ /[ab]/", [1, 2]],
  ["h !~ /b/ AND r = ''", [1, 4]],
  ["h = 'a' OR (r = 'us')", [1, 3]],
  ["h IN ('a', 'b')", [1, 2]],
  ["h NOT IN ('a', 'b')", [3, 4]],
  ["NOT r = 'eu'", [1, 3, 4]],
  ["_name = 'm' AND h =~ /./", [1, 2]],
  ["_name = 'x'", []],
  ["nosuch != 'x'", [1, 2, 3, 4]],
];

test("matchSeries() finds exactly the series for which a condition holds", async () => {
  const { models, shard } = await openQueryFixture(lines);
  const measurement = must(models.catalog.measurement(models.catalog.needDatabase("db"), "m"));
  const place = { index: models.index, view: shard.tip, measurement };
  for (const [text, ids] of cases) {
    assert.deepEqual([...matchSeries(parseCondition(text), place)], ids, text);
  }
  const strict = { ...place, needsTag: true };
  assert.deepEqual([...matchSeries(parseCondition("h != 'a'"), strict)], [2]);
  for (const text of ["v > 3", "h = 3", "h < 'a'", "h"]) {
    const message = "invalid tag comparison operator";
    assert.throws(() => matchSeries(parseCondition(text), place), { message }, text);
  }
});

test("mentionsTime() finds time anywhere", () => {
  assert.ok(mentionsTime(parseCondition("a = 1 AND (TIME > 5)")));
  assert.ok(!mentionsTime(parseCondition("a = 'time'")));
});
