/** docs/errors.md has a section for each code that can leave the system, and for no other. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorCodes } from "../../src/base/errors.ts";
import { projectRoot } from "../../tools/source-tree.ts";

const page = readFileSync(join(projectRoot, "docs/errors.md"), "utf8");
const sections = page.split(/^## /m).slice(1);

test("docs/errors.md has one section per code, in the order of the table", () => {
  const titles = sections.map((section) => section.slice(0, section.indexOf("\n")));
  assert.deepEqual(titles, Object.keys(errorCodes));
});

for (const section of sections) {
  const title = section.slice(0, section.indexOf("\n"));
  test(`docs/errors.md ${title} says what happened and ends with an example`, () => {
    assert.match(section, /^[A-Z_]+\n\n[A-Z][^>]{60,}\n> [A-Z].*[^.]\n+$/);
  });
}

test("docs/errors.md explains every kind", () => {
  for (const kind of new Set(Object.values(errorCodes))) {
    assert.ok(page.includes(`| \`${kind}\` |`), kind);
  }
});
