/** What counts as a stale output, on made-up trees. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { removeStaleOutputs, sourceOf } from "./clean-dist.ts";
import { filesUnder } from "./source-tree.ts";

test("sourceOf() names the source of every kind of output", () => {
  assert.equal(sourceOf("dist/src/a.js"), "src/a.ts");
  assert.equal(sourceOf("dist/src/a.d.ts"), "src/a.ts");
  assert.equal(sourceOf("dist/src/a.test.js.map"), "src/a.test.ts");
  assert.equal(sourceOf("dist/.tsbuildinfo"), undefined);
});

test("removeStaleOutputs() removes outputs without a source and nothing else", (t) => {
  const root = mkdtempSync(join(tmpdir(), "clean-dist-"));
  t.after(() => rmSync(root, { recursive: true }));
  const stays = ["dist/.tsbuildinfo", "dist/src/a.d.ts", "dist/src/a.js", "src/a.ts"];
  const goes = ["dist/src/b.test.d.ts", "dist/src/b.test.js", "dist/src/b.test.js.map"];
  for (const file of [...stays, ...goes]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), "");
  }
  assert.deepEqual(removeStaleOutputs(root), goes);
  assert.deepEqual(filesUnder(".", "", root), stays);
});
