import assert from "node:assert/strict";
import { test } from "node:test";
import { crc16, keySlot } from "./crc16.ts";

const slot = (key: string): number => keySlot(Buffer.from(key));

test("crc16 gives the check value of CRC16/XMODEM", () => {
  assert.equal(crc16(Buffer.from("123456789")), 0x31c3);
  assert.equal(crc16(Buffer.alloc(0)), 0);
});

test("keySlot hashes what is between the first braces, if there is something", () => {
  assert.equal(slot("a{b}c"), 3300);
  assert.equal(slot("b"), 3300);
  assert.equal(slot("{user}.following"), slot("{user}.followers"));
  assert.equal(slot("x{{b}}y"), slot("{b"));
  assert.equal(slot("x{b}{c}"), slot("b"));
  for (const whole of ["x{}{b}", "x{b", "x}b{"]) {
    assert.equal(slot(whole), crc16(Buffer.from(whole)) % 16_384);
  }
});
