import assert from "node:assert/strict";
import { test } from "node:test";
import { CronosError, connect, open } from "./index.ts";

test("the package opens databases and connects to servers", async () => {
  const db = await open(":memory:");
  await db.series("metrics").createDatabase();
  await db.close();
  const nobody = connect("127.0.0.1:1", { timeoutMs: 100 });
  await assert.rejects(nobody, (error) => {
    return error instanceof CronosError && error.code === "UNAVAILABLE";
  });
});
