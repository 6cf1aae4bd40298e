/** Values of parameters as tokens. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bindParameters } from "./bind-parameters.ts";

const values: readonly (readonly [unknown, string, string])[] = [
  ["x'y", "STRING", "x'y"],
  [5, "INTEGER", "5"],
  [2n ** 62n, "INTEGER", "4611686018427387904"],
  [1.5, "NUMBER", "1.5"],
  [1e-7, "NUMBER", "0.0000001"],
  [true, "TRUE", ""],
  [{ identifier: "host" }, "IDENT", "host"],
  [{ regex: "a+" }, "REGEX", "a+"],
  [{ string: "s" }, "STRING", "s"],
  [{ float: 3 }, "NUMBER", "3"],
  [{ integer: 3 }, "INTEGER", "3"],
  [{ duration: "3h" }, "DURATIONVAL", "3h"],
  [{ duration: 60_000_000_000 }, "DURATIONVAL", "1m"],
];

for (const [value, kind, text] of values) {
  test(`bindParameters() makes ${kind} ${text}`, () => {
    assert.deepEqual(bindParameters({ p: value }).get("p"), { kind, text });
  });
}

const faults: readonly (readonly [unknown, string])[] = [
  [{ regex: "a", string: "b" }, "bound object parameter value must have exactly one entry"],
  [{ identifier: 3 }, "identifier must be a string value"],
  [{ float: "3" }, "number literal must be a float value"],
  [{ integer: 3.5 }, "integer literal must be an integer value"],
  [{ duration: true }, "duration literal must be a string or integer value"],
  [{ colour: "red" }, "unknown bind object type: colour"],
  [null, "unable to bind parameter with type <nil>"],
];

for (const [value, text] of faults) {
  test(`bindParameters() keeps for its use: ${text}`, () => {
    assert.deepEqual(bindParameters({ p: value }).get("p"), { kind: "BOUNDPARAM", text });
  });
}
