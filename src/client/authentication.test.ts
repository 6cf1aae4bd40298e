import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "./connect.ts";
import { open } from "../engine/open.ts";
import { RealClock } from "../ports/real-clock.ts";
import { listenGrpc } from "../protocols/grpc/listen.ts";

const names = { isCommand: () => true, isCategory: () => true };

test("gRPC asks for the credentials of a user, whose rules hold for everything", async (t) => {
  const db = await open(":memory:");
  const clock = new RealClock();
  const listener = await listenGrpc({ engine: db, address: "127.0.0.1:0", clock });
  const anybody = await connect(listener.address);
  const ann = await connect(listener.address, { username: "ann", password: "secret" });
  t.after(async () => {
    await Promise.all([anybody.close(), ann.close()]);
    await listener.close();
    await db.close();
  });
  await anybody.keys.set("k", "v");
  const rules = ["on", ">secret", "~mail*", "%R~k", "+@read", "+event.publish", "+set"];
  await db.users.change("ann", rules, names);
  db.users.requirePassword("root");
  const event = { topic: "mail", id: "1", at: 1, payload: "x" };
  const unknown = { code: "UNAUTHENTICATED" };
  await assert.rejects(anybody.keys.get("k"), unknown);
  await assert.rejects(anybody.events.publish(event), unknown);
  await assert.rejects(anybody.events.listTopics(), unknown);
  const subscription = anybody.events.subscribe({ topic: "mail" })[Symbol.asyncIterator]();
  await assert.rejects(subscription.next(), unknown);
  const denied = { code: "PERMISSION_DENIED" };
  assert.equal(String(await ann.keys.get("k")), "v");
  await assert.rejects(ann.keys.set("k", "x"), denied);
  await ann.keys.set("mail", "x");
  await assert.rejects(ann.keys.delete("mail"), denied);
  await assert.rejects(ann.zmap().get("other"), denied);
  await assert.rejects(ann.zmap().watch("other"), denied);
  await assert.rejects(ann.namespaces.create("shop"), denied);
  await ann.events.publish(event);
  await assert.rejects(ann.events.publish({ ...event, topic: "other" }), denied);
  await assert.rejects(ann.events.deleteTopic("mail"), denied);
  assert.equal((await ann.events.get("mail", "1"))?.id, "1");
});
