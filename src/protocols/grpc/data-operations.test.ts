import assert from "node:assert/strict";
import { test } from "node:test";
import { categoriesOf } from "../resp/categories.ts";
import { commandTable } from "../resp/commands.ts";
import { dataOperations } from "./data-operations.ts";

test("dataOperations: each names a RESP command, with that command's categories", () => {
  for (const [name, { command, categories }] of dataOperations) {
    const [word = "", second] = command.split("|");
    const spec = commandTable.find(Buffer.from(word));
    assert.ok(spec !== undefined, name);
    const isKnown = spec.subcommands?.some((each) => each.name === second);
    if (second !== undefined) assert.ok(isKnown, name);
    assert.deepEqual(categories.toSorted(), categoriesOf(spec).toSorted(), name);
  }
});
