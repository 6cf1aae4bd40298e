import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { service as healthService } from "grpc-health-check";
import { FakeEncodedEvents } from "../../../test/support/fake-encoded-events.ts";
import { nextOf } from "../../../test/support/grpc-caller.ts";
import { serveFakeEvents } from "../../../test/support/grpc-fixture.ts";
import { must } from "../../base/assert.ts";
import { isCronosError } from "../../base/errors.ts";
import { RealClock } from "../../ports/real-clock.ts";
import { listenGrpc } from "./listen.ts";

test("listenGrpc answers health checks, until it drains", async (t) => {
  const { caller, listener, events } = await serveFakeEvents(t);
  const watch = caller.streamOf(must(healthService["Watch"]));
  watch.on("error", () => undefined);
  watch.write({ service: "" });
  watch.end();
  assert.equal((await nextOf(watch))["status"], "SERVING");
  const stream = caller.stream("EventService", "Subscribe");
  stream.write({ topic: "t" });
  while (events.encodedSubscriptions.length === 0) await new Promise(setImmediate);
  const [draining, ended] = [nextOf(watch), once(stream, "error")];
  const drained = listener.drain();
  assert.equal((await draining)["status"], "NOT_SERVING");
  const [end] = await ended;
  assert.equal(end.code, status.UNAVAILABLE);
  watch.cancel();
  caller.close();
  await drained;
});

test("listenGrpc refuses an address that cannot be bound", async (t) => {
  const { listener } = await serveFakeEvents(t);
  const events = new FakeEncodedEvents();
  const again = listenGrpc({
    engine: { events, encoded: events },
    address: listener.address,
    clock: new RealClock(),
  });
  await assert.rejects(again, (error) => isCronosError(error, "UNAVAILABLE"));
});
