import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "../../../../test/support/test-shard.ts";
import { linesOfJson } from "./json-points.ts";

function lines(content: unknown, precision = ""): string {
  return linesOfJson(Buffer.from(JSON.stringify(content)), precision);
}

test("linesOfJson makes a line of each row of a series", () => {
  const columns = ["time", "sequence_number", "v", "host"];
  const points = [
    [1500, 1, 1.5, "a b"],
    [null, 2, null, "b"],
    [7, 3, null, null],
  ];
  const body = [{ name: "cpu load", columns, points }];
  assert.equal(lines(body), 'cpu\\ load v=1.5,host="a b" 1500000000\ncpu\\ load host="b"');
  assert.match(lines(body, "s"), / 1500000000000\n/);
  assert.equal(lines([]), "");
});

test("linesOfJson refuses other bodies", () => {
  const refused: readonly unknown[] = [
    {},
    [{ name: "m", columns: ["a"] }],
    [{ name: "m", columns: ["a"], points: [[{}]] }],
    [{ name: "m", columns: ["a"], points: [[1, 2]] }],
    [{ name: "m", columns: ["a", "time"], points: [[1, "x"]] }],
    [{ name: "", columns: ["a"], points: [[1]] }],
  ];
  for (const body of refused) assert.throws(() => lines(body), hasCode("INVALID_ARGUMENT"));
  assert.throws(() => lines([], "h"), /time precision h/);
  assert.throws(() => linesOfJson(Buffer.from("{"), ""), /not JSON/);
});
