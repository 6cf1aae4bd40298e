/** What a stream can do, and in which words it refuses the rest. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { streamStatement } from "./stream-statement.ts";

const refused: readonly (readonly [string, RegExp])[] = [
  ["", /one SELECT/],
  ["SHOW DATABASES", /one SELECT/],
  ["SELECT v FROM m; SELECT v FROM m", /one SELECT/],
  ["SELECT v INTO n FROM m", /CREATE CONTINUOUS QUERY/],
  ["SELECT mean(v) FROM m", /functions need GROUP BY time/],
  ["SELECT v FROM (SELECT max(v) AS v FROM m)", /functions need GROUP BY time/],
  ["SELECT v FROM m LIMIT 3", /LIMIT and OFFSET need GROUP BY time/],
  ["SELECT v FROM m ORDER BY time DESC", /ORDER BY/],
  ["SELECT derivative(mean(v)) FROM m GROUP BY time(1m)", /derivative\(\) goes over several/],
  ["SELECT", /found EOF/],
];

test("streamStatement refuses what a stream cannot do", () => {
  for (const [text, message] of refused) {
    assert.throws(() => streamStatement(text, 0n), { message }, text);
  }
});

test("streamStatement tells the window of an instant", () => {
  assert.equal(streamStatement("SELECT abs(v) FROM m WHERE v > 1", 0n).windowOf, undefined);
  const { windowOf } = streamStatement("SELECT count(distinct(v)) FROM m GROUP BY time(10ns)", 0n);
  assert.deepEqual(windowOf?.(25n), { start: 20n, end: 30n });
});
