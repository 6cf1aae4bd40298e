import assert from "node:assert/strict";
import { test } from "node:test";
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
