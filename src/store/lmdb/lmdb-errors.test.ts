import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CronosError } from "../../base/errors.ts";
import { commitFailure, lmdbError } from "./lmdb-errors.ts";

const file = join(tmpdir(), "base.mdb");

test("lmdbError() tells apart corruption, a full disk and other faults", () => {
  const cases: readonly (readonly [number | undefined, string])[] = [
    [-30796, "CORRUPTION"],
    [-30797, "CORRUPTION"],
    [-30792, "DISK_FULL"],
    [28, "DISK_FULL"],
    [5, "IO"],
    [-30788, "IO"],
    [undefined, "IO"],
  ];
  for (const [lmdbCode, code] of cases) {
    const thrown = Object.assign(new Error("said by LMDB"), { code: lmdbCode });
    const error = lmdbError(thrown, "write to", file);
    assert.equal(error.code, code);
    assert.equal(error.message, `Cannot write to ${file}: said by LMDB`);
    assert.equal(error.cause, thrown);
  }
});

test("lmdbError() keeps an error that is ours", () => {
  const error = new CronosError("CORRUPTION", "Bad row");
  assert.equal(lmdbError(error, "read", file), error);
});

test("commitFailure() waits for the reason that a rejection carries", async () => {
  const reason = new Error("reason");
  const rejection = Object.assign(new Error("general"), { commitError: Promise.reject(reason) });
  assert.equal(await commitFailure(rejection), reason);
  assert.equal(await commitFailure(reason), reason);
});
