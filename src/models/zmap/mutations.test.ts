import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import { mutation } from "./mutations.ts";
import type { MutationKind } from "./mutations.ts";
import { VALUE_BYTES_MAX } from "./zmap.ts";

/** Bytes in hex; what is not there is "none". */
const cases: readonly (readonly [MutationKind, old: string, param: string, result: string])[] = [
  ["ADD", "none", "0500", "0500"],
  ["ADD", "ff00", "0100", "0001"],
  ["ADD", "ffff", "0100", "0000"],
  ["ADD", "01", "010000", "020000"],
  ["ADD", "010203", "01", "02"],
  ["ADD", "01", "", ""],
  ["BIT_AND", "none", "0f", "0f"],
  ["BIT_AND", "ff", "0fff", "0f00"],
  ["BIT_OR", "none", "0f", "0f"],
  ["BIT_OR", "f000", "0f", "ff"],
  ["BIT_XOR", "none", "0f", "0f"],
  ["BIT_XOR", "ff01", "0f01", "f000"],
  ["MAX", "none", "0a", "0a"],
  ["MAX", "0001", "ff00", "0001"],
  ["MAX", "0a", "1400", "1400"],
  ["MAX", "14", "0a00", "1400"],
  ["MAX", "0a01", "09", "0a"],
  ["MIN", "none", "0a", "0a"],
  ["MIN", "0a00", "1400", "0a00"],
  ["MIN", "1400", "0a00", "0a00"],
  ["MIN", "0a", "1400", "0a00"],
  ["BYTE_MAX", "none", "61", "61"],
  ["BYTE_MAX", "0001", "ff", "ff"],
  ["BYTE_MAX", "6161", "61", "6161"],
  ["BYTE_MIN", "none", "61", "61"],
  ["BYTE_MIN", "0001", "ff", "0001"],
  ["BYTE_MIN", "6161", "61", "61"],
  ["APPEND_IF_FITS", "none", "62", "62"],
  ["APPEND_IF_FITS", "61", "62", "6162"],
  ["COMPARE_AND_CLEAR", "61", "61", "none"],
  ["COMPARE_AND_CLEAR", "61", "62", "61"],
  ["COMPARE_AND_CLEAR", "none", "61", "none"],
  ["SET_VERSIONSTAMPED_VALUE", "none", "00".repeat(14), "aa".repeat(10)],
];

const stamp = () => Buffer.alloc(10, 0xaa);
const fromHex = (text: string) => (text === "none" ? undefined : Buffer.from(text, "hex"));
const toHex = (value: Uint8Array | undefined) =>
  value === undefined ? "none" : Buffer.from(value).toString("hex");

for (const [kind, old, param, result] of cases) {
  test(`mutation() ${kind} of ${old} by ${param} is ${result}`, () => {
    const value = mutation(kind, Buffer.from(param, "hex"))(fromHex(old), stamp);
    assert.equal(toHex(value), result);
  });
}

test("mutation() SET_VERSIONSTAMPED_VALUE puts the stamp where the last four bytes say", () => {
  const param = Buffer.concat([Buffer.alloc(12, 0x11), Buffer.from([1, 0, 0, 0])]);
  const value = mutation("SET_VERSIONSTAMPED_VALUE", param)(undefined, stamp);
  assert.equal(toHex(value), `11${"aa".repeat(10)}11`);
});

test("mutation() SET_VERSIONSTAMPED_VALUE refuses a parameter without room for the stamp", () => {
  for (const param of [Buffer.alloc(0), Buffer.alloc(13), Buffer.alloc(14, 1)]) {
    assert.throws(
      () => mutation("SET_VERSIONSTAMPED_VALUE", param),
      (error) => isCronosError(error, "INVALID_ARGUMENT"),
    );
  }
});

test("mutation() APPEND_IF_FITS leaves a value that would become too large", () => {
  const old = Buffer.alloc(VALUE_BYTES_MAX);
  assert.equal(mutation("APPEND_IF_FITS", Buffer.from("x"))(old, stamp), old);
});
