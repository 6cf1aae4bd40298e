/** Parameters from URLs, forms and JSON. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { InfluxRequest } from "./influx-route.ts";
import { boundParameters, epochUnit, formParameters } from "./query-parameters.ts";

function request(type: string, body: string): InfluxRequest {
  return {
    method: "POST",
    params: {},
    query: new Map([
      ["db", "url"],
      ["epoch", "s"],
    ]),
    headers: { "content-type": type },
    body: Buffer.from(body),
    caller: "nobody",
    client: "",
    signal: new AbortController().signal,
  };
}

test("formParameters() puts the form before the URL", () => {
  const form = formParameters(request("application/x-www-form-urlencoded", "q=a+b%21&db=d"));
  assert.deepEqual([form.get("q"), form.get("db"), form.get("epoch")], ["a b!", "d", "s"]);
  assert.equal(formParameters(request("text/plain", "q=x")).get("q"), undefined);
});

test("formParameters() reads the query from a file of a form of several parts", () => {
  const body = [
    "--xyz",
    'Content-Disposition: form-data; name="q"; filename="q.txt"',
    "Content-Type: text/plain",
    "",
    "SELECT é\r\nFROM m",
    "--xyz",
    'Content-Disposition: form-data; name="db"',
    "",
    "d",
    "--xyz--",
    "",
  ].join("\r\n");
  const form = formParameters(request("multipart/form-data; boundary=xyz", body));
  assert.deepEqual([form.get("q"), form.get("db")], ["SELECT é\r\nFROM m", "d"]);
});

test("boundParameters() takes a JSON object", () => {
  assert.deepEqual(boundParameters('{"a":1}'), { a: 1 });
  assert.deepEqual(boundParameters(undefined), {});
  assert.throws(() => boundParameters("[1]"), /error parsing query parameters: /);
  assert.throws(() => boundParameters("{"), /error parsing query parameters: /);
});

test("epochUnit() knows the units of 1.x", () => {
  assert.deepEqual(["ns", "u", "h", "x", undefined].map(epochUnit), [
    1n,
    1000n,
    3_600_000_000_000n,
    1n,
    undefined,
  ]);
});
