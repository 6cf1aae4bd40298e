/** The list of Redis commands in docs/redis.md is that of the server. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commandTable } from "../../src/protocols/resp/commands.ts";
import { projectRoot } from "../../tools/source-tree.ts";

test("docs/redis.md names every command of Redis that the server has, and no other", () => {
  const page = readFileSync(join(projectRoot, "docs", "redis.md"), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| ") && line.includes("`"));
  const named = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map((match) => match[1]));
  const isRedis = (name: string): boolean => name === name.toLowerCase();
  const known = [...commandTable.all].map(({ name }) => name).filter(isRedis);
  assert.deepEqual(named.toSorted(), known.toSorted());
});
