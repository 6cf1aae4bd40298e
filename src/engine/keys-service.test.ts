import assert from "node:assert/strict";
import { test } from "node:test";
import { keysFixture } from "../../test/support/keys-fixture.ts";
import { expireKey } from "../models/keys/generic.ts";
import { countKeys } from "../models/keys/keys.ts";
import { setString } from "../models/keys/strings.ts";
import { SeededRandom } from "../ports/seeded-random.ts";
import { KeysService } from "./keys-service.ts";
import { KeyspaceEvents } from "./keyspace-events.ts";
import { PubSub } from "./pubsub.ts";
import { SessionKeys } from "./session-keys.ts";
import { globalNamespace } from "./session-namespace.ts";

const value = Buffer.from("v");

async function fixture() {
  const { shard, clock, pass } = await keysFixture();
  const events = new KeyspaceEvents(new PubSub());
  const warnings: string[] = [];
  const service = new KeysService({
    shard,
    clock,
    events,
    random: new SeededRandom(1),
    warn: (message) => warnings.push(message),
  });
  return { shard, clock, pass, events, service, warnings };
}

test("KeysService: keys of every namespace expire, those from before the start too", async () => {
  const { shard, clock, pass, events, service, warnings } = await fixture();
  const at = new SessionKeys(service, globalNamespace);
  at.move({ id: 5, name: "a.b" }, clock.now());
  shard.run((tx) => {
    setString(tx, at, { key: "k", value });
    expireKey(tx, at, { key: "k", expiresAt: at.now + 50, condition: {} });
  });
  const { space } = at;
  service.close();
  const random = new SeededRandom(2);
  const warn = (message: string): unknown => warnings.push(message);
  const next = new KeysService({ shard, clock, events, random, warn });
  assert.equal(next.nextExpiry, clock.now() + 50);
  await pass(50);
  assert.equal(countKeys(shard.durable, space), 0);
  assert.equal(next.nextExpiry, Number.POSITIVE_INFINITY);
  assert.deepEqual(warnings, []);
});

test("SessionKeys: works in the namespace it was moved to", async () => {
  const { shard, clock, service } = await fixture();
  const at = new SessionKeys(service, globalNamespace);
  at.move(globalNamespace, clock.now());
  const first = at.space;
  at.move({ id: 3, name: "other" }, clock.now());
  shard.run((tx) => setString(tx, at, { key: "k", value }));
  assert.equal(countKeys(shard.tip, at.space), 1);
  at.move(globalNamespace, clock.now());
  assert.equal(at.space, first);
  assert.equal(countKeys(shard.tip, at.space), 0);
});
