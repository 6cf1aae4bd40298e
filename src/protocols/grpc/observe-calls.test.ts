import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeEncodedEvents } from "../../../test/support/fake-encoded-events.ts";
import { GrpcCaller } from "../../../test/support/grpc-caller.ts";
import { RealClock } from "../../ports/real-clock.ts";
import { listenGrpc } from "./listen.ts";
import type { CallObservation } from "./observe-calls.ts";

test("observeCalls() tells how each call ended, once", { timeout: 10_000 }, async (t) => {
  const events = new FakeEncodedEvents();
  const seen: CallObservation[] = [];
  const engine = { events, encoded: events };
  const onCall = (observation: CallObservation) => void seen.push(observation);
  const address = "127.0.0.1:0";
  const listener = await listenGrpc({ engine, address, clock: new RealClock(), onCall });
  const caller = new GrpcCaller(listener.address);
  t.after(async () => {
    caller.close();
    await listener.close();
  });
  await caller.call("ConsumerGroupService", "ListConsumerGroups", { topic: "t" });
  await assert.rejects(caller.call("PartitionService", "GetWALStatus", { partition_id: 0 }));
  const stream = caller.stream("EventService", "Subscribe");
  stream.on("error", () => undefined);
  stream.write({ topic: "t" });
  while (events.encodedSubscriptions.length === 0) await new Promise(setImmediate);
  stream.cancel();
  while (seen.length < 3) await new Promise(setImmediate);
  const ends = seen.map(({ method, code }) => [method, code]);
  assert.deepEqual(ends, [
    ["ListConsumerGroups", "OK"],
    ["GetWALStatus", "UNIMPLEMENTED"],
    ["Subscribe", "CANCELLED"],
  ]);
  assert.ok(seen.every(({ durationMs }) => durationMs >= 0));
});
