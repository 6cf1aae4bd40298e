import assert from "node:assert/strict";
import { test } from "node:test";
import { CronosError } from "../../base/errors.ts";
import { errorOfStatus, requestError, statusOf } from "./grpc-status.ts";

test("statusOf and errorOfStatus keep the code", () => {
  const status = statusOf(new CronosError("TOO_LARGE", "Payload is too large"));
  const { code, message } = errorOfStatus(status);
  assert.deepEqual([code, message], ["TOO_LARGE", "Payload is too large"]);
});

test("requestError throws on what is not the request's own fault", () => {
  const wrong = new CronosError("INVALID_ARGUMENT", "Event id is required");
  assert.equal(requestError(wrong), wrong);
  for (const code of ["DISK_FULL", "UNAUTHENTICATED", "PERMISSION_DENIED"] as const) {
    assert.throws(() => requestError(new CronosError(code, "No")), { code });
  }
});
