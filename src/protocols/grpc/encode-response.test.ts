import assert from "node:assert/strict";
import { test } from "node:test";
import { CronosError } from "../../base/errors.ts";
import {
  encodeAckFailure,
  encodeAckResponse,
  encodeBatchFailure,
  encodeBatchResponse,
  encodePublishFailure,
  encodePublishResponse,
  encodeReceipts,
} from "./encode-response.ts";
import { messageDefinition } from "./proto-file.ts";

const large = Number.MAX_SAFE_INTEGER;
const wrong = new CronosError("INVALID_ARGUMENT", "message_id is required");

function read(message: string, bytes: Buffer): object {
  return messageDefinition(message).deserialize(bytes);
}

test("encodePublishResponse tells a stored event from a duplicate", () => {
  const receipt = { partition: 1023, offset: large, at: large, duplicate: false };
  const numbers = { offset: large, partition_id: 1023, schedule_ts: large };
  assert.deepEqual(read("PublishResponse", encodePublishResponse(receipt)), {
    success: true,
    error: "",
    ...numbers,
    error_code: "",
  });
  const duplicate = encodePublishResponse({ ...receipt, duplicate: true });
  assert.deepEqual(read("PublishResponse", duplicate), {
    success: false,
    error: "duplicate message_id",
    ...numbers,
    error_code: "ALREADY_EXISTS",
  });
});

test("encodePublishFailure passes the engine's words on", () => {
  assert.deepEqual(read("PublishResponse", encodePublishFailure(wrong)), {
    success: false,
    error: "message_id is required",
    offset: 0,
    partition_id: 0,
    schedule_ts: 0,
    error_code: "INVALID_ARGUMENT",
  });
});

test("encodeBatchResponse counts, and lists what was refused", () => {
  const receipt = { published: 3, duplicates: 2, firstOffset: 0, lastOffset: 9, errors: [] };
  const counts = { published_count: 3, duplicate_count: 2, first_offset: 0, last_offset: 9 };
  const right = encodeBatchResponse(receipt);
  assert.deepEqual(read("PublishBatchResponse", right), {
    success: true,
    error: "",
    ...counts,
    error_count: 0,
    errors: [],
    error_code: "",
  });
  const errors = [
    { index: 0, message: "payload is required" },
    { index: 7, message: "message_id is required" },
  ];
  const partly = encodeBatchResponse({ ...receipt, errors }, large);
  assert.deepEqual(read("PublishReceipt", partly), {
    success: false,
    error: "payload is required",
    ...counts,
    error_count: 2,
    errors,
    error_code: "INVALID_ARGUMENT",
    request_id: large,
  });
});

test("encodeBatchResponse has offsets -1 when nothing was stored", () => {
  const none = { published: 0, duplicates: 1, firstOffset: -1, lastOffset: -1, errors: [] };
  const message = read("PublishBatchResponse", encodeBatchResponse(none));
  assert.deepEqual(
    [Reflect.get(message, "first_offset"), Reflect.get(message, "last_offset")],
    [-1, -1],
  );
});

test("encodeBatchFailure has the request id and no offsets", () => {
  const message = read("PublishReceipt", encodeBatchFailure(wrong, 5));
  assert.equal(Reflect.get(message, "error"), "message_id is required");
  assert.equal(Reflect.get(message, "request_id"), 5);
  assert.equal(Reflect.get(message, "first_offset"), -1);
});

test("encodeReceipts carries receipts in their order", () => {
  const receipts = [encodeBatchFailure(wrong, 1), encodeBatchFailure(wrong, 2)];
  const message = read("PublishStreamResponse", encodeReceipts(receipts));
  const ids = (Reflect.get(message, "receipts") as object[]).map((each) =>
    Reflect.get(each, "request_id"),
  );
  assert.deepEqual(ids, [1, 2]);
});

test("encodeAckResponse and encodeAckFailure are AckResponses", () => {
  assert.deepEqual(read("AckResponse", encodeAckResponse(300)), {
    success: true,
    error: "",
    committed_offset: 300,
    error_code: "",
  });
  assert.deepEqual(read("AckResponse", encodeAckFailure(wrong)), {
    success: false,
    error: "message_id is required",
    committed_offset: 0,
    error_code: "INVALID_ARGUMENT",
  });
});
