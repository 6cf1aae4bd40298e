import assert from "node:assert/strict";
import { test } from "node:test";
import { PubSub } from "../../engine/pubsub.ts";
import type { PubSubMessage } from "../../engine/pubsub.ts";
import { MessageEncoder, Subscriptions } from "./subscriptions.ts";

test("Subscriptions count shard channels by themselves and each name once", () => {
  const subscriptions = new Subscriptions(new PubSub(), () => {});
  assert.equal(subscriptions.none, true);
  subscriptions.add("channel", "a");
  subscriptions.add("channel", "a");
  subscriptions.add("pattern", "a");
  subscriptions.add("shard", "a");
  assert.equal(subscriptions.count("channel"), 2);
  assert.equal(subscriptions.count("shard"), 1);
  subscriptions.remove("channel", "b");
  assert.equal(subscriptions.none, false);
});

test("Subscriptions.clear() ends all of them", () => {
  const pubsub = new PubSub();
  const heard: PubSubMessage[] = [];
  const subscriptions = new Subscriptions(pubsub, (message) => heard.push(message));
  for (const kind of ["channel", "pattern", "shard"] as const) subscriptions.add(kind, "a");
  assert.equal(pubsub.publish("a", Buffer.from("1")), 2);
  subscriptions.clear();
  assert.equal(pubsub.publish("a", Buffer.from("2")), 0);
  assert.equal(subscriptions.none, true);
  assert.equal(heard.length, 2);
});

test("MessageEncoder makes the bytes of a message once per version", () => {
  const encoder = new MessageEncoder();
  const payload = Buffer.from("x");
  const message = { kind: "pattern", pattern: "n*", channel: "n\xff", payload } as const;
  const resp2 = encoder.encode(message, 2);
  const body = "$8\r\npmessage\r\n$2\r\nn*\r\n$2\r\nn\xff\r\n$1\r\nx\r\n";
  assert.equal(resp2.toString("latin1"), `*4\r\n${body}`);
  assert.equal(encoder.encode(message, 3).toString("latin1"), `>4\r\n${body}`);
  assert.equal(encoder.encode(message, 2), resp2);
  assert.notEqual(encoder.encode({ ...message }, 2), resp2);
});
