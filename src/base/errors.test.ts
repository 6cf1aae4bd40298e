/** Errors: their kinds, and what becomes of a thing thrown by others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CronosError, isCronosError, toCronosError } from "./errors.ts";
import type { ErrorCode } from "./errors.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: write`), { code });
}

test("CronosError has the kind of its code, and keeps details and cause", () => {
  const cause = new Error("Below");
  const error = new CronosError("DISK_FULL", "Disk is full", { cause, details: { path: "a" } });
  assert.equal(error.kind, "retry");
  assert.equal(error.cause, cause);
  assert.deepEqual(error.details, { path: "a" });
  assert.equal(error.name, "CronosError");
});

test("CronosError without a cause has none", () => {
  const error = new CronosError("CLOSED", "Database is closed");
  assert.ok(!("cause" in error));
  assert.deepEqual(error.details, {});
});

test("isCronosError() asks for the type, and for the code when one is given", () => {
  const error = new CronosError("CONFLICT", "Key changed");
  assert.ok(isCronosError(error));
  assert.ok(isCronosError(error, "CONFLICT"));
  assert.ok(!isCronosError(error, "CLOSED"));
  assert.ok(!isCronosError({ code: "CONFLICT" }, "CONFLICT"));
});

const thrown: readonly (readonly [what: unknown, code: ErrorCode])[] = [
  [systemError("ENOSPC"), "DISK_FULL"],
  [systemError("EDQUOT"), "DISK_FULL"],
  [systemError("EIO"), "IO"],
  [systemError("ERR_INVALID_ARG_TYPE"), "INTERNAL"],
  [new Error("Something"), "INTERNAL"],
  ["a text", "INTERNAL"],
  [null, "INTERNAL"],
  [undefined, "INTERNAL"],
];

for (const [what, code] of thrown) {
  test(`toCronosError() of ${String(what)} is ${code}`, () => {
    const error = toCronosError(what);
    assert.equal(error.code, code);
    if (what !== undefined) assert.equal(error.cause, what);
  });
}

test("toCronosError() keeps what already is one", () => {
  const error = new CronosError("FENCED", "Epoch 3 is over");
  assert.equal(toCronosError(error), error);
});
