import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { LoopbackEvents } from "../../../test/support/loopback-events.ts";
import { isCronosError } from "../../base/errors.ts";
import { RealClock } from "../../ports/real-clock.ts";
import { listenGrpc } from "../../protocols/grpc/listen.ts";
import type { BenchOptions, BenchProfile } from "./bench-options.ts";
import { benchOptions, benchProfiles } from "./bench-options.ts";
import { isClean } from "./bench-result.ts";
import { runBench } from "./run-bench.ts";

async function serve(t: TestContext) {
  const events = new LoopbackEvents();
  const listener = await listenGrpc({
    engine: { events, encoded: events },
    address: "127.0.0.1:0",
    clock: new RealClock(),
  });
  t.after(async () => {
    events.stop();
    await listener.close();
  });
  return { events, address: listener.address };
}

const small: Partial<BenchOptions> = { durationMs: 200, delayMs: 100, publishers: 3 };
const silent = { progress: () => undefined };

for (const profile of Object.keys(benchProfiles) as BenchProfile[]) {
  test(`runBench receives all it published: ${profile}`, async (t) => {
    const { address } = await serve(t);
    const events = profile === "drain" ? { events: 3000 } : {};
    const options = benchOptions(profile, { ...small, ...events, address });
    const result = await runBench(options, silent);
    assert.ok(isClean(result), JSON.stringify(result));
    assert.ok(result.published.events >= options.batch);
    assert.equal(result.delivered.acknowledged, result.published.events);
    if (profile === "drain") assert.equal(result.published.events, 3000);
    const perCall = result.published.events / options.batch;
    assert.equal(result.published.calls, perCall);
  });
}

test("runBench keeps to a rate", async (t) => {
  const { address } = await serve(t);
  const options = benchOptions("lag", { ...small, rate: 5_000, durationMs: 300, address });
  const result = await runBench(options, silent);
  const { events } = result.published;
  assert.ok(events >= 500 && events <= 1_800, String(events));
});

test("runBench counts what comes twice and what comes from elsewhere", async (t) => {
  const { address, events } = await serve(t);
  const deliver = events.subscribeEncoded.bind(events);
  events.subscribeEncoded = (options, subscriber) =>
    deliver(options, {
      ended: (reason) => subscriber.ended(reason),
      deliver: (delivery) => {
        const [first] = delivery.events;
        const foreign = first && { ...first, bytes: Buffer.from("0a0178", "hex") };
        const twice = foreign ? [foreign, first, ...delivery.events] : delivery.events;
        return subscriber.deliver({ ...delivery, events: twice });
      },
    });
  const options = benchOptions("harness", { ...small, events: 300, publishers: 1, address });
  const result = await runBench(options, silent);
  assert.ok(result.duplicates > 0 && result.duplicates === result.foreign);
  assert.equal(result.lost, 0);
});

test("runBench rejects when there is no server", async () => {
  const run = runBench(benchOptions("harness", { address: "127.0.0.1:1" }), silent);
  await assert.rejects(run, (error) => isCronosError(error, "UNAVAILABLE"));
});
