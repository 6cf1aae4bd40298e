import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { projectRoot } from "../../tools/source-tree.ts";

test("docs/formats/events.md names every kind of row that rows.ts has", () => {
  const page = readFileSync(join(projectRoot, "docs/formats/events.md"), "utf8");
  const source = readFileSync(join(projectRoot, "src/models/events/rows.ts"), "utf8");
  const kinds = Array.from(source.matchAll(/= kind\((\d+)\)/g), ([, kind]) => Number(kind));
  const rows = Array.from(page.matchAll(/^\| (\d+) [a-z ]+ \|/gm), ([, kind]) => Number(kind));
  assert.ok(kinds.length > 10);
  assert.deepEqual(
    rows,
    [...kinds].sort((a, b) => a - b),
  );
});
