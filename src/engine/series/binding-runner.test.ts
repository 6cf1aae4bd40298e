/** Bindings: each event one point, in the operation that consumes it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventsShard } from "../../../test/support/events-shard.ts";
import { definitionKind, Definitions } from "../../models/series/definitions.ts";
import { BindingRunner } from "./binding-runner.ts";
import type { BindingContent } from "./series-models.ts";

test("BindingRunner writes each due event once, no other", async () => {
  const events = await EventsShard.open({ partitions: 1, maxAttempts: 2 });
  const { shard, clock, model } = events;
  const kind = definitionKind.binding;
  const definitions = new Definitions<BindingContent>(kind, shard.tip);
  const open = (): BindingRunner =>
    new BindingRunner({
      model,
      definitions,
      plan: ({ content }) => ({ topic: content.text, measurement: "m", tags: [], fields: [] }),
      check: () => undefined,
      write: (tx, { name }, lines) => tx.put(`${name} ${lines}`, Buffer.from("point")),
      warn: assert.fail,
    });
  const runner = open();
  await shard.execute((tx) => {
    definitions.put(tx, { databaseId: 1, name: "b", content: { text: "orders" } });
  });
  runner.changed();
  const due = clock.now() + 1000;
  const event = (id: string, payload: string): Parameters<typeof events.publish>[0][number] => {
    return { topic: "orders", id, at: due, payload: Buffer.from(payload), meta: {} };
  };
  await events.publish([event("1", '{"v":1}'), event("2", "bad"), event("3", '{"v":3}')]);
  await clock.advance(10_000);
  const rows = (): string[] => Array.from(shard.tip.range("b ", "c"), ([key]) => key);
  assert.deepEqual(rows(), [`b m v=1 ${due}`, `b m v=3 ${due}`]);
  const group = model.groups.get(model.catalog.get("orders"), "binding:1:b");
  assert.equal(group.deadLetters, 1);
  runner.close();
  await events.publish([event("4", '{"v":4}')]);
  await clock.advance(10_000);
  assert.equal(rows().length, 2);
  const again = open();
  again.changed();
  await clock.advance(10_000);
  assert.deepEqual(rows().at(-1), `b m v=4 ${due}`);
  again.close();
  await clock.advance(0);
  await events.close();
});
