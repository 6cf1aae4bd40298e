/** ARCHITECTURE.md shows the layers that are enforced, and names only files that exist. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { layerTable } from "../../tools/check-layers.ts";
import { projectRoot } from "../../tools/source-tree.ts";

const page = readFileSync(join(projectRoot, "ARCHITECTURE.md"), "utf8");

test("ARCHITECTURE.md has the table of layers (node dist/tools/check-layers.js --print)", () => {
  assert.ok(page.includes(layerTable()), layerTable());
});

test("ARCHITECTURE.md stays under 200 lines", () => {
  assert.ok(page.split("\n").length <= 200);
});

for (const [, name = ""] of page.matchAll(/`((?:[a-z-]+\/)+[a-z-]+\.ts)`/g)) {
  test(`ARCHITECTURE.md names ${name}, which exists`, () => {
    assert.ok(["src", "."].some((folder) => existsSync(join(projectRoot, folder, name))));
  });
}
