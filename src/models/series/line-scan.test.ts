/** What is a point and what is wrong with what is not: one case for each rule. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { endOfLine, scanLine } from "./line-scan.ts";

const faults: readonly (readonly [string, string])[] = [
  [",t=1 v=1", "missing measurement"],
  ["m", "missing fields"],
  ["m,t=1", "missing fields"],
  ["m ", "invalid field format"],
  ["m v", "invalid field format"],
  ["m v=1,", "invalid field format"],
  ["m v=1,w 2", "invalid field format"],
  ["m, v=1", "missing tag key"],
  ["m,=1 v=1", "missing tag key"],
  ["m,t v=1", "missing tag value"],
  ["m,t= v=1", "missing tag value"],
  ["m,t=,u=1 v=1", "missing tag value"],
  ["m,t=a=b v=1", "invalid tag format"],
  ["m,u=1,t=2,u=3 v=1", "duplicate tags"],
  ["m =1", "missing field key"],
  ["m v=1,=2", "missing field key"],
  ["m v=", "missing field value"],
  ["m v=,w=1", "missing field value"],
  ['m v="a', "unbalanced quotes"],
  ["m v=yes", "invalid boolean"],
  ["m v=tRUE", "invalid boolean"],
  ["m v=+1", "invalid boolean"],
  ["m v=1x", "invalid number"],
  ["m v=1.2.3", "invalid number"],
  ["m v=1ii", "invalid number"],
  ["m v=1i2", "invalid number"],
  ["m v=1.5i", "invalid number"],
  ["m v=7u", "invalid number"],
  ["m v=-", "invalid number"],
  ["m v=NaN", "invalid number"],
  ["m v=1e", "invalid float"],
  ["m v=1e999", "invalid float"],
  [
    "m v=9223372036854775808i",
    "unable to parse integer 9223372036854775808: strconv.ParseInt: parsing " +
      '"9223372036854775808": value out of range',
  ],
  ["m v=1 x", "bad timestamp"],
  ["m v=1 1e3", "bad timestamp"],
  [`m,t=${"x".repeat(65_532)} v=1`, "max key length exceeded: 65536 > 65535"],
  [`m,t=${"x".repeat(65_527)} v=1`, "max key length exceeded: 65536 > 65535"],
];

test("scanLine tells what is wrong in the words of 1.x", () => {
  for (const [line, fault] of faults) {
    const bytes = Buffer.from(line);
    assert.equal(scanLine(bytes, 0, bytes.length), fault, line.slice(0, 80));
  }
});

test("scanLine finds the parts, escapes skipped", () => {
  const bytes = Buffer.from('m\\,1\\ x,a\\=b=c\\,d,e=f g\\ h="i\\",j",k=-1i  -12 ');
  const parts = scanLine(bytes, 0, bytes.length);
  if (typeof parts === "string") assert.fail(parts);
  const text = ({ start, end }: { start: number; end: number }): string => {
    return bytes.toString("utf8", start, end);
  };
  assert.equal(text(parts.measurement), "m\\,1\\ x");
  assert.deepEqual(
    parts.tags.map(({ key, value }) => [text(key), text(value)]),
    [
      ["a\\=b", "c\\,d"],
      ["e", "f"],
    ],
  );
  assert.equal(text(parts.fields), 'g\\ h="i\\",j",k=-1i');
  assert.equal(text(parts.time), "-12");
});

test("endOfLine ends at the first newline that is not in a string or escaped", () => {
  const cases = [
    ["m v=1\nrest", 5],
    ['m v="a\nb",w="\n" 1\nrest', 17],
    ["m,t=a\\\nb v=1\nrest", 12],
    ['m,t="a\nrest', 6],
    ["m v=1", 5],
  ] as const;
  for (const [text, end] of cases) {
    const bytes = Buffer.from(text);
    assert.equal(endOfLine(bytes, 0, bytes.length), end, text);
  }
});
