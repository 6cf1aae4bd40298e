import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "../../../test/support/test-shard.ts";
import type { DecodedEvent } from "../../models/events/stored-event.ts";
import { bindingLine } from "./binding-point.ts";

const all = { measurement: "my m", tags: [], fields: [] };

function event(payload: string, meta: Readonly<Record<string, string>> = {}): DecodedEvent {
  const place = { topic: "t", id: "e1", at: 1234, createdAt: 0, partition: 0, offset: 0 };
  return { ...place, payload: Buffer.from(payload), meta };
}

test("bindingLine() makes fields of the payload's members and tags of the metadata", () => {
  const payload = '{"n":1.5,"s":"a \\"b\\"","ok":true,"list":[1],"none":null}';
  const line = bindingLine(event(payload, { host: "a b", region: "eu" }), all);
  assert.equal(line, 'my\\ m,host=a\\ b,region=eu n=1.5,s="a \\"b\\"",ok=true 1234');
});

test("bindingLine() takes the names it is given, from payload or metadata", () => {
  const spec = { measurement: "m", tags: ["who"], fields: ["n", "size"] };
  const line = bindingLine(event('{"n":1,"x":2,"who":"me"}', { size: "big" }), spec);
  assert.equal(line, 'm,who=me n=1,size="big" 1234');
});

test("bindingLine() takes a bare number as value", () => {
  assert.equal(bindingLine(event("42"), all), "my\\ m value=42 1234");
});

test("bindingLine() refuses what has no field and what is not JSON", () => {
  assert.throws(() => bindingLine(event("{}"), all), hasCode("INVALID_ARGUMENT"));
  assert.throws(() => bindingLine(event("no json"), all), hasCode("INVALID_ARGUMENT"));
  const spec = { measurement: "m", tags: [], fields: ["n"] };
  assert.throws(() => bindingLine(event('{"x":1}'), spec), /"e1" has no field.* no n$/);
});
