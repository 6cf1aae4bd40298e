import assert from "node:assert/strict";
import { test } from "node:test";
import { JetStreamApiError } from "@nats-io/jetstream";
import {
  InvalidArgumentError,
  PermissionViolationError,
  RequestError,
  TimeoutError,
} from "@nats-io/transport-node";
import { outcomeOfError } from "./publish-outcome.ts";

function refusal(code: number): JetStreamApiError {
  return new JetStreamApiError({ code: 400, err_code: code, description: "said the server" });
}

const notAllowed = new PermissionViolationError("no", "publish", "cronosdb.log.s");

const cases: readonly (readonly [string, unknown, string])[] = [
  ["wrong last sequence", refusal(10071), "out of turn"],
  ["wrong last sequence, unknown", refusal(10164), "out of turn"],
  ["no storage", refusal(10047), "DISK_FULL"],
  ["stream full", refusal(10077), "DISK_FULL"],
  ["too large for the stream", refusal(10054), "TOO_LARGE"],
  ["too large for the server", new InvalidArgumentError("max_payload"), "TOO_LARGE"],
  ["not allowed", new RequestError("no", { cause: notAllowed }), "UNAUTHENTICATED"],
  ["time-out", new TimeoutError(), "unknown"],
  ["an error of a later version", refusal(19999), "unknown"],
  ["something thrown", "text", "unknown"],
];

for (const [name, error, expected] of cases) {
  test(`outcomeOfError() of ${name} is ${expected}`, () => {
    const outcome = outcomeOfError("s", error);
    assert.equal(outcome.kind === "refused" ? outcome.error.code : outcome.kind, expected);
  });
}
