import assert from "node:assert/strict";
import { test } from "node:test";
import {
  configureTopicRequest,
  createScheduleRequest,
  deadLetter,
  deadLetterMessage,
  eventMessage,
  groupInfo,
  groupMessage,
  partitionInfo,
  partitionMessage,
  scheduleInput,
  scheduleMessage,
  scheduleOf,
  storedEvent,
  topicInfo,
  topicMessage,
  topicSettings,
  whenSet,
} from "./convert-messages.ts";
import type {
  ConfigureTopicRequest,
  CreateScheduleRequest,
  DeadLetterMessage,
  EventMessage,
  GroupMessage,
  PartitionMessage,
  ScheduleMessage,
  TopicMessage,
} from "./messages.ts";
import { messageDefinition } from "./proto-file.ts";

/** Encodes a message and decodes it again. */
function overTheWire<Message extends object>(name: string, message: Message): Message {
  const codec = messageDefinition(name);
  return codec.deserialize(codec.serialize(message)) as Message;
}

const event = {
  topic: "t",
  id: "a",
  at: 5,
  payload: Buffer.from("x"),
  meta: { k: "v" },
  createdAt: 6,
  partition: 7,
  offset: Number.MAX_SAFE_INTEGER,
};

test("storedEvent undoes eventMessage, deadLetter undoes deadLetterMessage", () => {
  assert.deepEqual(storedEvent(overTheWire<EventMessage>("Event", eventMessage(event))), event);
  const letter = { ...event, group: "g", attempts: 3, lastError: "boom", deadAt: 9 };
  const message = overTheWire<DeadLetterMessage>("DeadLetter", deadLetterMessage(letter));
  assert.deepEqual(deadLetter(message), letter);
});

test("groupInfo undoes groupMessage", () => {
  const info = {
    group: "g",
    topic: "t",
    partitions: [0, 1],
    committedOffsets: new Map([[0, 5], [1, Number.MAX_SAFE_INTEGER]]),
    memberOffsets: new Map([["me", 3]]),
    lastRebalanceAt: 4,
  };
  const message = overTheWire<GroupMessage>("ConsumerGroupMetadata", groupMessage(info));
  assert.deepEqual(groupInfo(message), info);
});

test("partitionInfo undoes partitionMessage", () => {
  const info = {
    topic: "t",
    partition: 2,
    highWatermark: 0,
    firstOffset: 0,
    lastOffset: -1,
    bytes: 5,
  };
  const message = overTheWire<PartitionMessage>("PartitionInfo", partitionMessage(info));
  assert.deepEqual(partitionInfo(message), info);
});

const settings = {
  partitions: 8,
  retentionMs: 0,
  retentionBytes: 1,
  dedupTtlMs: 2,
  maxAttempts: 3,
  ackTimeoutMs: 4,
  retryBackoffMs: 5,
};

test("topicInfo undoes topicMessage", () => {
  const info = { ...settings, topic: "t", createdAt: 9, pending: 10 };
  assert.deepEqual(topicInfo(overTheWire<TopicMessage>("TopicInfo", topicMessage(info))), info);
});

test("topicSettings undoes configureTopicRequest: 0 is a value, absent is not", () => {
  for (const some of [settings, { retentionMs: 0 }, {}]) {
    const request = configureTopicRequest("t", some);
    const sent = overTheWire<ConfigureTopicRequest>("ConfigureTopicRequest", request);
    assert.equal(sent.topic, "t");
    assert.deepEqual(topicSettings(sent), some);
  }
});

const input = { topic: "t", name: "n", cron: "* * * * *", payload: Buffer.from("x"), meta: {} };
const whole = {
  ...input,
  timeZone: "Europe/Berlin",
  startAt: 1,
  endAt: 2,
  jitterMs: 3,
  missed: "fire-all" as const,
};

test("scheduleInput undoes createScheduleRequest", () => {
  for (const some of [input, whole]) {
    const request = createScheduleRequest(some);
    const sent = overTheWire<CreateScheduleRequest>("CreateScheduleRequest", request);
    assert.deepEqual(scheduleInput(sent), some);
  }
});

test("scheduleOf undoes scheduleMessage", () => {
  const state = { paused: true, runs: 4 };
  const bare = { ...input, ...state, timeZone: "UTC", jitterMs: 0, missed: "skip" as const };
  for (const some of [bare, { ...whole, ...state, nextAt: 7 }]) {
    assert.deepEqual(
      scheduleOf(overTheWire<ScheduleMessage>("Schedule", scheduleMessage(some))),
      some,
    );
  }
});

test("whenSet leaves out what stands for nothing", () => {
  assert.deepEqual(whenSet("a", 0), {});
  assert.deepEqual(whenSet("a", ""), {});
  assert.deepEqual(whenSet("a", undefined), {});
  assert.deepEqual(whenSet("a", -1), { a: -1 });
});
