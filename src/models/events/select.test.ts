import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesField, varintField } from "../../base/protobuf.ts";
import { idMatcher, selectionOf } from "./select.ts";
import type { EventMatcher, Selector } from "./select.ts";

const topic = "t";

function tag(key: string, value: string): Buffer {
  return bytesField(5, Buffer.concat([bytesField(1, key), bytesField(2, value)]));
}

function matcherOf(selector: Omit<Selector, "topic">): EventMatcher {
  const selection = selectionOf({ topic, ...selector });
  assert.ok(selection.kind === "matching");
  return selection.matches;
}

function isMatch(matches: EventMatcher, ...fields: readonly Buffer[]): boolean {
  // Neighbours must not be looked at.
  const neighbour = Buffer.concat([bytesField(1, "neighbour"), tag("color", "red")]);
  const event = Buffer.concat([varintField(2, 9), ...fields]);
  const bytes = Buffer.concat([neighbour, event, neighbour]);
  return matches(bytes, neighbour.length, neighbour.length + event.length);
}

const id = bytesField(1, "über-1");

const prefixes: readonly (readonly [string, boolean])[] = [
  ["", true],
  ["ü", true],
  ["über-1", true],
  ["über-12", false],
  ["u", false],
  ["neigh", false],
];

for (const [prefix, expected] of prefixes) {
  test(`selectionOf() with prefix "${prefix}" ${expected ? "takes" : "leaves"} über-1`, () => {
    assert.equal(isMatch(matcherOf({ prefix }), id), expected);
  });
}

const red = tag("color", "red");
const blue = tag("color", "blue");
const big = tag("size", "l");
const tagged: readonly (readonly [string, Record<string, string>, readonly Buffer[], boolean])[] = [
  ["the tag", { color: "red" }, [red, big], true],
  ["another value", { color: "red" }, [blue], false],
  ["no tags", { color: "red" }, [], false],
  ["one of two tags", { color: "red", size: "l" }, [red], false],
  ["both of two tags", { color: "red", size: "l" }, [big, red], true],
  ["the tag twice, the last one right", { color: "red" }, [blue, red], true],
  ["the tag twice, the last one wrong", { color: "red" }, [red, blue], false],
  ["an empty value that is asked for", { color: "" }, [tag("color", "")], true],
  ["a tag without the value field", { color: "" }, [bytesField(5, bytesField(1, "color"))], true],
];

for (const [name, meta, tags, expected] of tagged) {
  test(`selectionOf() with meta ${expected ? "takes" : "leaves"} an event with ${name}`, () => {
    assert.equal(isMatch(matcherOf({ meta }), id, ...tags), expected);
  });
}

test("selectionOf() takes ids once each; idMatcher() compares whole ids", () => {
  const selection = selectionOf({ topic, ids: ["a", "über-1", "a"] });
  assert.ok(selection.kind === "ids");
  assert.deepEqual([...selection.ids], ["a", "über-1"]);
  assert.equal(isMatch(idMatcher(selection.ids), id), true);
  assert.equal(isMatch(idMatcher(new Set(["über", "neighbour"])), id), false);
});

test("selectionOf() tells what is wrong with a selector", () => {
  const many = Array.from({ length: 100_001 }, (_, k) => `${k}`);
  const wrong: readonly (readonly [Omit<Selector, "topic">, RegExp])[] = [
    [{}, /exactly one of ids, prefix and meta: it has 0/],
    [{ ids: [], meta: {} }, /it has 2/],
    [{ ids: many }, /at most 100000 ids: it has 100001/],
    [{ meta: {} }, /at least one tag/],
  ];
  for (const [selector, pattern] of wrong) {
    assert.throws(() => selectionOf({ topic, ...selector }), pattern);
  }
});
