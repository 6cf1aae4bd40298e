/** Every rule of check-layers on made-up trees: what is well and what is a fault. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLayers, layerTable } from "./check-layers.ts";

/** A tree of one file, or of several, and a part of the fault it has (none when all is well). */
const cases: readonly (readonly [rule: string, tree: Record<string, string>, fault?: string])[] = [
  ["left is allowed", { "src/log/a.ts": 'import { b } from "../base/b.ts";' }],
  ["own layer", { "src/log/a.ts": 'import { b } from "./b/c.ts";' }],
  ["right", { "src/base/a.ts": 'import { b } from "../log/b.ts";' }, "base may not import log"],
  ["right, of types", { "src/log/a.ts": 'import type { B } from "../shard/b.ts";' }, "log may not"],
  ["log and store", { "src/log/a.ts": 'import { b } from "../store/b.ts";' }, "log may not"],
  ["models and cluster", { "src/cluster/a.ts": 'import "../models/b.ts";' }, "cluster may not"],
  ["index and engine", { "src/index.ts": 'export { open } from "./engine/open.ts";' }],
  ["a test of index", { "src/index.test.ts": 'import { open } from "./index.ts";' }],
  ["index and cli", { "src/index.ts": 'export { a } from "./cli/a.ts";' }, "may not import cli"],
  ["unknown layer", { "src/misc/a.ts": "" }, "no such layer"],
  ["unit test, right", { "src/log/a.test.ts": 'import "../shard/b.ts";' }, "log may not"],
  ["unit test, test/", { "src/log/a.test.ts": 'import "../../test/contracts/b.ts";' }],
  ["source, test/", { "src/log/a.ts": 'import "../../test/b.ts";' }, "may not import test/b.ts"],
  ["test/ takes all", { "test/a.ts": 'import "../src/cli/main.ts"; setTimeout(b, 1);' }],

  ["cycle", {
    "src/log/a.ts": 'import "./b.ts";',
    "src/log/b.ts": 'import "./a.ts";',
  }, "src/log/a.ts -> src/log/b.ts -> src/log/a.ts: import cycle"],
  ["cycle of types", {
    "test/a.ts": 'import type { B } from "./b.ts";',
    "test/b.ts": 'import { a } from "./c.ts";',
    "test/c.ts": 'import { a } from "./a.ts";',
  }, "test/a.ts -> test/b.ts -> test/c.ts -> test/a.ts: import cycle"],
  ["inline type", { "tools/a.ts": 'import { a, type B } from "./b.ts";' }, "import type"],

  ["Date.now", { "src/log/a.ts": "const a = Date.now();" }, "Date.now is the machine's time"],
  ["new Date()", { "src/engine/a.ts": "const a = new Date();" }, "src/engine/a.ts:1:"],
  ["new Date(ms)", { "src/models/a.ts": "const a = new Date(1000).getUTCFullYear();" }],
  ["a property", { "src/log/a.ts": "clock.setTimeout(row.performance.now);" }],
  ["a comment, a string", { "src/log/a.ts": '// Date.now()\nconst a = "Math.random()";' }],
  ["setTimeout", { "src/log/a.ts": "\nsetTimeout(b, 1);" }, "src/log/a.ts:2: setTimeout is timers"],
  ["Math.random", { "src/engine/a.ts": "Math.random();" }, "randomness"],
  ["randomUUID", { "src/engine/a.ts": "randomUUID();" }, "randomness"],
  ["ports", { "src/ports/a.ts": 'import "node:fs"; Date.now(); Math.random(); process.pid;' }],
  ["a test's doors", { "src/log/a.fuzz.test.ts": 'import "node:fs"; Date.now(); import "c";' }],
  ["node:fs", { "src/log/a.ts": 'import "node:fs/promises";' }, "node:fs/promises is files"],
  ["node:fs of LMDB", { "src/store/lmdb/a.ts": 'import { statSync } from "node:fs";' }],
  ["node:fs of config", { "src/server/config.ts": 'import { readFileSync } from "node:fs";' }],
  ["node:fs of server", { "src/server/a.ts": 'import "node:fs";' }, "files"],
  ["process", { "src/engine/a.ts": "process.on(a);" }, "process.on is the process"],
  ["process.nextTick", { "src/log/a.ts": "process.nextTick(b);" }],
  ["process of server", { "src/server/a.ts": "process.on(a);" }],
  ["models, setImmediate", { "src/models/a.ts": "setImmediate(b);" }, "event loop"],
  ["models, node:*", { "src/models/a.ts": 'import "node:crypto";' }, "Node's modules"],

  ["package in place", { "src/store/a.ts": 'import { open } from "lmdb";' }],
  ["scoped package", { "src/log/jetstream/a.ts": 'import { a } from "@nats-io/jetstream";' }],
  ["package out of place", { "src/engine/a.ts": 'import "lmdb";' }, "lmdb belongs to store"],
  ["unknown package", { "src/engine/a.ts": 'import "left-pad";' }, "left-pad has no place"],
];

for (const [rule, tree, fault] of cases) {
  test(`checkLayers() ${fault === undefined ? "allows" : "refuses"} ${rule}`, () => {
    const faults = checkLayers(new Map(Object.entries(tree)));
    assert.equal(faults.length, fault === undefined ? 0 : 1, faults.join("\n"));
    if (fault !== undefined) assert.ok(faults[0]?.includes(fault), faults[0]);
  });
}

test("layerTable() has a row per layer", () => {
  assert.match(layerTable(), /^\| `base` \| .* \| nothing \|$/m);
  assert.match(layerTable(), /^\| `log` \| .* \| base, ports \|$/m);
});
