import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyspaceEvents } from "./keyspace-events.ts";
import { PubSub } from "./pubsub.ts";
import type { PubSubMessage, Subscriber } from "./pubsub.ts";

class Listener implements Subscriber {
  readonly heard: string[] = [];

  receive({ kind, pattern, channel, payload }: PubSubMessage): void {
    this.heard.push([kind, pattern ?? "-", channel, Buffer.from(payload).toString()].join(" "));
  }
}

test("PubSub.publish() reaches channels, then patterns, and counts both", () => {
  const pubsub = new PubSub();
  const [one, other] = [new Listener(), new Listener()];
  pubsub.subscribe("channel", "news", one);
  pubsub.subscribe("channel", "news", other);
  pubsub.subscribe("pattern", "n*", one);
  pubsub.subscribe("pattern", "x*", one);
  pubsub.subscribe("shard", "news", other);
  assert.equal(pubsub.publish("news", Buffer.from("a")), 3);
  assert.equal(pubsub.publishShard("news", Buffer.from("b")), 1);
  assert.equal(pubsub.publish("other", Buffer.from("c")), 0);
  assert.deepEqual(one.heard, ["channel - news a", "pattern n* news a"]);
  assert.deepEqual(other.heard, ["channel - news a", "shard - news b"]);
});

test("PubSub forgets names that nobody listens to", () => {
  const pubsub = new PubSub();
  const listener = new Listener();
  pubsub.subscribe("channel", "a", listener);
  pubsub.subscribe("channel", "b", listener);
  pubsub.subscribe("channel", "b", listener);
  assert.equal(pubsub.subscriberCount("channel", "b"), 1);
  assert.deepEqual(pubsub.names("channel", "[a]"), ["a"]);
  pubsub.unsubscribe("channel", "b", listener);
  assert.deepEqual(pubsub.names("channel"), ["a"]);
  assert.equal(pubsub.nameCount("channel"), 1);
});

const global = { id: 0, name: "global" };

test("KeyspaceEvents.notify() tells what is switched on, to both kinds of channels", () => {
  const pubsub = new PubSub();
  const events = new KeyspaceEvents(pubsub);
  const listener = new Listener();
  pubsub.subscribe("pattern", "__key*", listener);
  events.notify({ class: "string", event: "set", key: "k", namespace: global });
  assert.equal(events.enabled, false);
  events.setting = "KE$";
  assert.equal(events.enabled, true);
  events.notify({ class: "string", event: "set", key: "k", namespace: global });
  events.notify({ class: "generic", event: "del", key: "k", namespace: global });
  events.setting = "Kg";
  events.notify({ class: "generic", event: "del", key: "k", namespace: { id: 7, name: "a.b" } });
  assert.deepEqual(listener.heard, [
    "pattern __key* __keyspace@0__:k set",
    "pattern __key* __keyevent@0__:set k",
    "pattern __key* __keyspace@a.b__:k del",
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
