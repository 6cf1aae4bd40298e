/** docs/schedules.md: the cron lines it shows are right, and those it calls wrong are refused. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  CRON_CHARACTERS_MAX,
  PREVIEW_COUNT_MAX,
  checkCronRule,
} from "../../src/models/events/cron.ts";
import { projectRoot } from "../../tools/source-tree.ts";

const page = readFileSync(join(projectRoot, "docs/schedules.md"), "utf8");
const table = page.slice(page.indexOf("| line | runs |"), page.indexOf("A step needs"));
const lines = [...table.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell = ""]) => {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, line = ""]) => line);
});

test("docs/schedules.md shows lines that are right", () => {
  assert.ok(lines.length > 10, lines.join("\n"));
  for (const cron of lines) checkCronRule({ cron, timeZone: "UTC" });
});

test("docs/schedules.md calls lines wrong that are refused", () => {
  for (const cron of ["5/15 * * * *", "0 0 30 2 *"]) {
    assert.ok(page.includes(`\`${cron.replace("5/15 * * * *", "5/15")}\``));
    assert.throws(() => checkCronRule({ cron, timeZone: "UTC" }));
  }
});

test("docs/schedules.md states the limits", () => {
  assert.ok(page.includes(`| line | ${CRON_CHARACTERS_MAX} characters |`));
  assert.ok(page.includes(`| instants of a preview | ${PREVIEW_COUNT_MAX} |`));
});
