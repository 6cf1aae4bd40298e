/**
 * Answers of the rpcs that are called most, encoded by hand: PublishResponse, PublishBatchResponse
 * (PublishReceipt is the same and a request_id) and AckResponse. Field numbers are those of
 * proto/cronos_db.proto; zeros and empty texts are left out, as proto3 does.
 */
import type { CronosError } from "../../base/errors.ts";
import { ProtobufWriter, bytesField, varintField } from "../../base/protobuf.ts";
import type { BatchReceipt, PublishReceipt } from "../../engine/events-api.ts";

/** The largest of these answers without texts: eight fields of a tag and ten bytes. */
const numbersBytesMax = 8 * 11;

const duplicateFields = Buffer.concat([
  bytesField(2, "duplicate message_id"),
  bytesField(6, "ALREADY_EXISTS"),
]);

/** The answer to a publish that was served: stored, or refused as a duplicate. */
export function encodePublishResponse(receipt: PublishReceipt): Buffer {
  const writer = new ProtobufWriter(numbersBytesMax + duplicateFields.length);
  if (receipt.duplicate) writer.raw(duplicateFields);
  else writer.number(1, 1);
  writer.number(3, receipt.offset);
  writer.number(4, receipt.partition);
  writer.number(5, receipt.at);
  return writer.message();
}

/** The answer to a publish whose event is wrong. */
export function encodePublishFailure(error: CronosError): Buffer {
  return Buffer.concat([bytesField(2, error.message), bytesField(6, error.code)]);
}

/** The answer to a batch; `requestId` only in a PublishStream. */
export function encodeBatchResponse(receipt: BatchReceipt, requestId = 0): Buffer {
  const first = receipt.errors[0];
  const writer = new ProtobufWriter(numbersBytesMax);
  if (first === undefined) writer.number(1, 1);
  writer.number(3, receipt.published);
  writer.number(4, receipt.duplicates);
  writer.number(5, receipt.errors.length);
  writer.number(6, receipt.firstOffset);
  writer.number(7, receipt.lastOffset);
  writer.number(10, requestId);
  if (first === undefined) return writer.message();
  const errors = receipt.errors.map(({ index, message }) =>
    bytesField(8, Buffer.concat([varintField(1, index), bytesField(2, message)])),
  );
  return Buffer.concat([
    bytesField(2, first.message),
    writer.message(),
    ...errors,
    bytesField(9, "INVALID_ARGUMENT"),
  ]);
}

/** A PublishStreamResponse of receipts that are encoded already. */
export function encodeReceipts(receipts: readonly Buffer[]): Buffer {
  return Buffer.concat(receipts.map((receipt) => bytesField(1, receipt)));
}

/** The answer to a batch that was refused as a whole. */
export function encodeBatchFailure(error: CronosError, requestId = 0): Buffer {
  return Buffer.concat([
    bytesField(2, error.message),
    varintField(6, -1),
    varintField(7, -1),
    bytesField(9, error.code),
    ...(requestId === 0 ? [] : [varintField(10, requestId)]),
  ]);
}

/** The answer to an acknowledgement that was taken. */
export function encodeAckResponse(committedOffset: number): Buffer {
  const writer = new ProtobufWriter(numbersBytesMax);
  writer.number(1, 1);
  writer.number(3, committedOffset);
  return writer.message();
}

/** The answer to an acknowledgement of something unknown, or that could not be stored. */
export function encodeAckFailure(error: CronosError): Buffer {
  return Buffer.concat([bytesField(2, error.message), bytesField(4, error.code)]);
}
