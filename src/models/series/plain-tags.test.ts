import assert from "node:assert/strict";
import { test } from "node:test";
import { plainTags } from "./plain-tags.ts";

function read(key: string): unknown {
  const bytes = Buffer.from(`${key} v=1`);
  return plainTags(bytes, 1, key.length);
}

test("plainTags reads ascending tags", () => {
  assert.deepEqual(read("m"), []);
  assert.deepEqual(read("m,a=1,b=xy"), [["a", "1"], ["b", "xy"]]);
});

test("plainTags leaves what is unusual to others", () => {
  for (const key of ["m,", "m,a", "m,=1", "m,a=", "m,a=1,", "m,a=b=c", "m,b=1,a=1", "m,a=1,a=2"]) {
    assert.equal(read(key), undefined, key);
  }
  assert.equal(read("m,time=1"), undefined);
});
