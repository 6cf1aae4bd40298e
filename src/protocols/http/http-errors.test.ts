import assert from "node:assert/strict";
import { test } from "node:test";
import type { ErrorCode } from "../../base/errors.ts";
import { CronosError, errorCodes } from "../../base/errors.ts";
import { httpError, statusOfCode } from "./http-errors.ts";

test("httpError() gives every code a status that says whose turn it is", () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const { status, body, fault } = httpError(new CronosError(code, "Text"));
    assert.equal(status, statusOfCode[code]);
    assert.equal(body.error.code, code);
    const isCallers = errorCodes[code] === "request" || errorCodes[code] === "conflict";
    assert.equal(status < 500, isCallers, code);
    assert.equal(fault !== undefined, ["internal", "data"].includes(errorCodes[code]), code);
  }
});

test("httpError() tells what is damaged, but not what a bug said", () => {
  const damage = httpError(new CronosError("CORRUPTION", "Checksum of x at 5 is wrong"));
  assert.equal(damage.body.error.message, "Checksum of x at 5 is wrong");
  const bug = httpError(new TypeError("x is not a function"));
  assert.doesNotMatch(bug.body.error.message, /function/);
  assert.match(bug.fault?.message ?? "", /function/);
});

test("httpError() keeps the details of the caller's mistakes, shortened", () => {
  const details = { field: "id", value: "x".repeat(10_000), list: [1, 2], limit: 5 };
  const { body } = httpError(new CronosError("INVALID_ARGUMENT", "Text", { details }));
  assert.equal(body.error.details?.["field"], "id");
  assert.equal(body.error.details?.["limit"], 5);
  assert.equal(body.error.details?.["list"], "[1,2]");
  assert.ok(String(body.error.details?.["value"]).length < 250);
});

test("httpError() takes anything that is thrown", () => {
  for (const thrown of [undefined, null, "text", 5, {}, new Error("")]) {
    assert.equal(httpError(thrown).status, 500);
  }
  assert.equal(httpError(Object.assign(new Error("bad"), { statusCode: 400 })).status, 400);
});
