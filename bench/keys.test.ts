import assert from "node:assert/strict";
import { test } from "node:test";
import { benchKeys, formatKeys } from "./keys.ts";

test("benchKeys() finds its keys after a stop and after a kill", async () => {
  const figures = await benchKeys(3000);
  for (const [name, figure] of Object.entries(figures)) assert.ok(figure > 0, name);
  assert.match(formatKeys(figures), /^\| ready after kill -9, ms \| [\d.,]+ \|$/m);
});
