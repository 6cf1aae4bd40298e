import assert from "node:assert/strict";
import { test } from "node:test";
import { Words } from "./words.ts";

function words(text: string): Words {
  return new Words(text.split(" ").map((word) => Buffer.from(word)));
}

test("Words reads one argument after another", () => {
  const read = words("a meta 12 -3");
  assert.equal(read.text(), "a");
  assert.equal(read.isWord("AT"), false);
  assert.equal(read.isWord("META"), true);
  assert.deepEqual([read.integer(), read.integer(), read.left], [12, -3, 0]);
  assert.throws(() => read.text(), /ERR syntax error/);
});

test("Words refuses what is no integer", () => {
  for (const text of ["1.5", "x", "", "99999999999999999999", "1e3"]) {
    assert.throws(() => words(text).integer(), /not an integer/);
  }
});

test("Words.options() takes each name once, with a value", () => {
  const options = words("limit 5 FROM x").options(["LIMIT", "FROM"]);
  assert.deepEqual([options.integer("LIMIT"), options.text("FROM"), options.text("TO")], [
    5,
    "x",
    undefined,
  ]);
  assert.throws(() => words("LIMIT -1").options(["LIMIT"]).integer("LIMIT"), /0 or more/);
  for (const text of ["LIMIT", "OTHER 1", "LIMIT 1 LIMIT 2"]) {
    assert.throws(() => words(text).options(["LIMIT"]), /syntax error/);
  }
});
