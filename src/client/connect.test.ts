import assert from "node:assert/strict";
import { test } from "node:test";
import { serveFakeEvents } from "../../test/support/grpc-fixture.ts";
import { isCronosError } from "../base/errors.ts";
import { connect } from "./connect.ts";

test("connect rejects when no server answers in time", async () => {
  const connecting = connect("127.0.0.1:1", { timeoutMs: 50 });
  await assert.rejects(connecting, (error) => isCronosError(error, "UNAVAILABLE"));
});

test("close ends the subscriptions and may be called twice", async (t) => {
  const { listener, events } = await serveFakeEvents(t);
  const database = await connect(listener.address);
  const next = database.events.subscribe({ topic: "t" })[Symbol.asyncIterator]().next();
  while (events.encodedSubscriptions.length === 0) await new Promise(setImmediate);
  await database.close();
  await database.close();
  assert.equal((await next).done, true);
});
