import assert from "node:assert/strict";
import { test } from "node:test";
import { engineNames, isInstalled } from "./support/metrics-engines.ts";
import { lineBodies, rowCount } from "./support/tsbs-data.ts";
import { formatTsbs, tsbs } from "./tsbs.ts";

const shape = { hosts: 3, hours: 1, seed: 1 };

test("lineBodies() gives every host its row every ten seconds, in bodies of the size", () => {
  const bodies = [...lineBodies(shape, 100)].map(String);
  const lines = bodies.join("").trimEnd().split("\n");
  assert.equal(lines.length, rowCount(shape));
  assert.equal(bodies.length, 11);
  const tags = String.raw`cpu,hostname=host_1,region=[\w-]+,.*,service_environment=\w+`;
  const fields = String.raw`usage_user=\d+i,.*,usage_guest_nice=\d+i`;
  assert.match(lines[4] ?? "", new RegExp(`^${tags} ${fields} 1451606410000000000$`));
});

test("tsbs() writes everything and asks every type of query on each engine", async () => {
  const engines = engineNames.filter(isInstalled);
  const result = await tsbs({ engines, shape, queries: 1, settle: false });
  assert.deepEqual(Object.keys(result.writes), engines);
  assert.equal(Object.keys(result.queries.cronosdb ?? {}).length, 15);
  assert.match(formatTsbs(result), /^\| double-groupby-all \| [\d.,]+/m);
});
