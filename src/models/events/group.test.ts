import assert from "node:assert/strict";
import { test } from "node:test";
import { ModelInbox } from "../../../test/support/model-inbox.ts";
import { Group, Member } from "./group.ts";
import { Topic } from "./topic.ts";

const topic = new Topic("t", {
  id: 1,
  createdAt: 5,
  partitions: 1,
  retentionMs: 0,
  retentionBytes: 0,
  dedupTtlMs: 1000,
  maxAttempts: 3,
  ackTimeoutMs: 30_000,
  retryBackoffMs: 1000,
});

function newGroup(credits: Readonly<Record<string, number>>) {
  const group = new Group("g", topic, { id: 2, createdAt: 7, ephemeral: false });
  const join = (id: string, creditsOfIt: number): Member => {
    const subscriber = new ModelInbox();
    const options = { id, group, partitions: [], subscriber, batchSize: 1 };
    const member = new Member({ ...options, credits: creditsOfIt });
    member.join();
    return member;
  };
  const members = Object.entries(credits).map(([id, count]) => join(id, count));
  return { group, members, line: () => Array.from(group.available, ({ id }) => id).join(" ") };
}

test("who was handed something goes to the end of the line", () => {
  const { members, line } = newGroup({ a: 2, b: 2, c: 2 });
  assert.equal(line(), "a b c");
  members[0]?.addCredits(-1);
  assert.equal(line(), "b c a");
});

test("a member without credits leaves the line until they come back", () => {
  const { members, line } = newGroup({ a: 1, b: 1 });
  members[0]?.addCredits(-1);
  assert.equal(line(), "b");
  members[0]?.addCredits(1);
  assert.equal(line(), "b a");
  assert.equal(members[0]?.credits, 1);
});

test("a blocked member leaves the line, whatever its credits do", () => {
  const { members, line } = newGroup({ a: 1, b: 1 });
  const [first] = members;
  assert.ok(first);
  first.blocked = true;
  first.addCredits(5);
  assert.equal(line(), "b");
  first.blocked = false;
  assert.equal(line(), "b a");
});

test("a member that left does not come back with its credits", () => {
  const { group, members, line } = newGroup({ a: 1, b: 1 });
  members[0]?.leave();
  members[0]?.addCredits(1);
  assert.equal(line(), "b");
  assert.deepEqual([...group.members.keys()], ["b"]);
});
