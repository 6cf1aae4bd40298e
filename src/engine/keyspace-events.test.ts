import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyspaceEvents } from "./keyspace-events.ts";
import { PubSub } from "./pubsub.ts";

const global = { id: 0, name: "global" };

test("KeyspaceEvents.notify() tells what is switched on, to both kinds of channels", () => {
  const pubsub = new PubSub();
  const events = new KeyspaceEvents(pubsub);
  const heard: string[] = [];
  pubsub.subscribe("pattern", "__key*", {
    receive: ({ channel, payload }) => heard.push(`${channel} ${Buffer.from(payload)}`),
  });
  events.notify({ class: "string", event: "set", key: "k", namespace: global });
  assert.equal(events.enabled, false);
  events.setting = "KE$";
  assert.equal(events.enabled, true);
  events.notify({ class: "string", event: "set", key: "k", namespace: global });
  events.notify({ class: "generic", event: "del", key: "k", namespace: global });
  events.setting = "Kg";
  events.notify({ class: "generic", event: "del", key: "k", namespace: { id: 7, name: "a.b" } });
  assert.deepEqual(heard, [
    "__keyspace@0__:k set",
    "__keyevent@0__:set k",
    "__keyspace@a.b__:k del",
  ]);
});

const settings: readonly (readonly [given: string, shown: string, enabled: boolean])[] = [
  ["", "", false],
  ["KEA", "AKE", true],
  ["Ex", "xE", true],
  ["A", "A", false],
  ["g$lshzxetdK", "AK", true],
  ["KEAmn", "AKEmn", true],
];

for (const [given, shown, enabled] of settings) {
  test(`KeyspaceEvents.setting: ${JSON.stringify(given)} is shown as "${shown}"`, () => {
    const events = new KeyspaceEvents(new PubSub());
    events.setting = given;
    assert.equal(events.setting, shown);
    assert.equal(events.enabled, enabled);
  });
}

test("KeyspaceEvents.setting refuses a class that there is not", () => {
  const events = new KeyspaceEvents(new PubSub());
  assert.throws(() => (events.setting = "KEq"), /Invalid event class character: q/);
  assert.equal(events.setting, "");
});
