import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf } from "./line-format.ts";

test("linesOf() writes types, escapes names and quotes strings", () => {
  const lines = linesOf({
    name: "my cpu",
    tags: [
      ["host name", "a,b=c"],
      ["none", ""],
    ],
    columns: ["time", "f", "i", "s", "b"],
    types: ["time", "float", "integer", "string", "boolean"],
    rows: [
      [1n, 1, 2, 'say "hi" \\', true],
      [2n, null, 9007199254740993n, null, null],
      [3n, null, null, null, null],
    ],
    isPartial: false,
  });
  assert.equal(
    lines,
    'my\\ cpu,host\\ name=a\\,b\\=c f=1,i=2i,s="say \\"hi\\" \\\\",b=true 1\n' +
      "my\\ cpu,host\\ name=a\\,b\\=c i=9007199254740993i 2\n",
  );
});
