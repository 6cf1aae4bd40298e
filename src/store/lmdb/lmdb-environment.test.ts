import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import { openEnvironment, putMeta, readMeta } from "./lmdb-environment.ts";

test("openEnvironment() keeps numbers and refuses a format it does not know", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-environment-"));
  context.after(() => rm(directory, { recursive: true }));
  let environment = openEnvironment(directory);
  assert.equal(readMeta(environment, "format"), 1);
  assert.equal(readMeta(environment, "applied"), undefined);
  const largest = Number.MAX_SAFE_INTEGER;
  await environment.meta.batch(() => putMeta(environment, "applied", largest));
  await environment.root.close();

  environment = openEnvironment(directory, { readOnly: true });
  assert.equal(readMeta(environment, "applied"), largest);
  await environment.root.close();

  environment = openEnvironment(directory);
  await environment.meta.batch(() => putMeta(environment, "format", 2));
  await environment.root.close();
  assert.throws(
    () => openEnvironment(directory),
    (error) => isCronosError(error, "CORRUPTION") && /format 2/.test(error.message),
  );
});
