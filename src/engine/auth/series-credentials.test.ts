import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesCredentials } from "./series-credentials.ts";

function read(header: string | undefined, parameters: Record<string, string> = {}): string {
  const found = seriesCredentials(new Map(Object.entries(parameters)), header);
  switch (found.kind) {
    case "none":
      return "none";
    case "key":
      return `key ${found.key}`;
    case "password":
      return `${found.name} ${found.password}`;
  }
}

test("seriesCredentials reads what clients of 1.x and 1.8 send", () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
  assert.equal(read(undefined), "none");
  assert.equal(read(basic("ann:a:b")), "ann a:b");
  assert.equal(read(basic("ann:")), "ann ");
  assert.equal(read("Basic x"), "none");
  assert.equal(read("Digest x"), "none");
  assert.equal(read("Token ann:x"), "ann x");
  assert.equal(read("Token abc"), "key abc");
  assert.equal(read("bearer abc "), "key abc");
  assert.equal(read("Bearer "), "none");
  assert.equal(read(basic("ann:x"), { u: "bob", p: "y" }), "bob y");
  assert.equal(read(undefined, { u: "bob" }), "none");
});
