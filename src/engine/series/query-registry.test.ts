/** Running queries: ids, kills, timeouts, how many at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { QueryRegistry } from "./query-registry.ts";

const asked = { text: "SELECT v FROM m", database: "db" };

function reasonOf(signal: AbortSignal): string {
  const { reason }: { reason: unknown } = signal;
  return reason instanceof Error ? reason.message : String(reason);
}

test("kill() ends a query by its id, and only one that runs", () => {
  const registry = new QueryRegistry(new SimulatedClock(), { timeoutMs: 0, concurrentMax: 0 });
  const { query, end } = registry.start(asked);
  registry.kill(BigInt(query.id));
  assert.equal(reasonOf(query.signal), "query interrupted");
  end();
  assert.throws(() => registry.kill(1n), { message: "no such query id: 1" });
  assert.deepEqual(registry.list(), []);
});

test("start() ends a query when its time is over", async () => {
  const clock = new SimulatedClock();
  const registry = new QueryRegistry(clock, { timeoutMs: 1000, concurrentMax: 0 });
  const { query } = registry.start(asked);
  await clock.advance(999);
  assert.ok(!query.signal.aborted);
  await clock.advance(1);
  assert.equal(reasonOf(query.signal), "query-timeout limit exceeded");
});

test("start() refuses more queries than may run at once", () => {
  const registry = new QueryRegistry(new SimulatedClock(), { timeoutMs: 0, concurrentMax: 1 });
  const { end } = registry.start(asked);
  const message = "max-concurrent-queries limit exceeded(1, 1)";
  assert.throws(() => registry.start(asked), { message });
  end();
  registry.start(asked);
});

test("start() ends a query when its client has gone, killAll() every one", () => {
  const registry = new QueryRegistry(new SimulatedClock(), { timeoutMs: 0, concurrentMax: 0 });
  const client = new AbortController();
  const first = registry.start(asked, client.signal);
  const second = registry.start(asked);
  client.abort();
  assert.ok(first.query.signal.aborted && !second.query.signal.aborted);
  registry.killAll();
  assert.ok(second.query.signal.aborted);
});
