import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeIds, encodeIds, keyPart, plainHead, postingHead } from "./index-rows.ts";
import { postingNames, readKeyPart } from "./index-rows.ts";

test("decodeIds gives back what encodeIds wrote, behind either head", () => {
  const names = { key: "k".repeat(900), value: "\xff".repeat(1000) };
  const heads = [plainHead, postingHead(names)];
  const ids = fc.uniqueArray(fc.nat({ max: 0xffffffff }), { maxLength: 50 });
  fc.assert(
    fc.property(ids, fc.constantFrom(...heads), (list, head) => {
      const sorted = Uint32Array.from(list).sort();
      const bytes = encodeIds(head, sorted);
      assert.deepEqual(decodeIds(bytes), sorted);
      assert.deepEqual(postingNames(bytes), head === plainHead ? undefined : names);
    }),
  );
});

test("readKeyPart gives back what keyPart wrote, or where it ends when it was cut", () => {
  for (const text of ["", "a", "\0", "a\0\x01b", "\0".repeat(400), "x".repeat(800)]) {
    const part = keyPart(text);
    const read = readKeyPart(`p${part}rest`, 1);
    assert.equal(read.next, 1 + part.length);
    assert.equal(read.bytes, part.length > 802 ? undefined : text);
  }
  const [a, b] = [keyPart(`${"\0".repeat(900)}a`), keyPart(`${"\0".repeat(900)}b`)];
  assert.notEqual(a, b);
  assert.deepEqual(readKeyPart(`${a}rest`, 0), { bytes: undefined, next: a.length });
});
