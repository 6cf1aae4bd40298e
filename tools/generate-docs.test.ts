import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { generatedPages, withTables } from "./generate-docs.ts";
import { projectRoot } from "./source-tree.ts";

for (const page of generatedPages) {
  test(`${page} has the tables that the code declares`, async () => {
    const text = readFileSync(join(projectRoot, page), "utf8");
    assert.match(text, /<!-- table \w+ -->/);
    assert.equal(text, await withTables(text), `run: node dist/tools/generate-docs.js`);
  });
}

test("withTables() replaces what is between the comments and nothing else", async () => {
  const page = "before\n<!-- table settings -->\nold\n<!-- end -->\nafter\n";
  const result = await withTables(page);
  assert.match(result, /^before\n<!-- table settings -->\n\| flag .*<!-- end -->\nafter\n$/s);
  assert.doesNotMatch(result, /\nold\n/);
  await assert.rejects(withTables(page.replace("settings", "nonsense")), /"nonsense"/);
});
