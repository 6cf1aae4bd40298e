import assert from "node:assert/strict";
import { test } from "node:test";
import { gathered } from "./gather.ts";

test("gathered() joins pieces and loses none", async () => {
  async function* pieces(): AsyncGenerator<string> {
    for (let i = 0; i < 5000; i++) yield await Promise.resolve(`${i},`.padStart(20));
  }
  const joined: string[] = [];
  for await (const piece of gathered(pieces())) joined.push(piece);
  const all: string[] = [];
  for await (const piece of pieces()) all.push(piece);
  assert.equal(joined.join(""), all.join(""));
  assert.ok(joined.length < 5, String(joined.length));
});

test("gathered() ends its source when it is left", async () => {
  let hasEnded = false;
  async function* endless(): AsyncGenerator<string> {
    try {
      for (;;) yield await Promise.resolve("x".repeat(50_000));
    } finally {
      hasEnded = true;
    }
  }
  for await (const piece of gathered(endless())) {
    assert.equal(piece.length, 50_000);
    break;
  }
  assert.ok(hasEnded);
});
