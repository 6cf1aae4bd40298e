/**
 * What the hot rpcs need of their requests, read without decoding the events in them.
 */
import { ProtobufReader } from "../../base/protobuf.ts";

const publishEventTag = (1 << 3) | 2;
const publishAllowDuplicateTag = 2 << 3;
const publishRequestIdTag = 3 << 3;
const ackDeliveryIdTag = (2 << 3) | 2;
const ackSuccessTag = 3 << 3;
const ackErrorTag = (4 << 3) | 2;

const noBytes = new Uint8Array(0);

export interface PublishRequestParts {
  /** The Event message; empty when there is none. */
  readonly event: Uint8Array;
  readonly allowDuplicate: boolean;
}

/** Takes a PublishRequest apart. A repeated event is merged, as protobuf wants it. */
export function readPublishRequest(bytes: Uint8Array): PublishRequestParts {
  const reader = new ProtobufReader(bytes);
  let event: Uint8Array = noBytes;
  let allowDuplicate = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === publishEventTag) {
      const view = reader.view();
      event = event.length === 0 ? view : Buffer.concat([event, view]);
    } else if (tag === publishAllowDuplicateTag) allowDuplicate = reader.bool();
    else reader.skip(tag);
  }
  return { event, allowDuplicate };
}

/** The request_id of a PublishStreamRequest, 0 if it has none. */
export function readRequestId(bytes: Uint8Array): number {
  const reader = new ProtobufReader(bytes);
  let requestId = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === publishRequestIdTag) requestId = reader.varint();
    else reader.skip(tag);
  }
  return requestId;
}

export interface AckRequestParts {
  readonly deliveryId: string;
  readonly success: boolean;
  readonly error: string;
}

/** Takes an AckRequest apart. */
export function readAckRequest(bytes: Uint8Array): AckRequestParts {
  const reader = new ProtobufReader(bytes);
  let deliveryId = "";
  let success = false;
  let error = "";
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === ackDeliveryIdTag) deliveryId = reader.text();
    else if (tag === ackSuccessTag) success = reader.bool();
    else if (tag === ackErrorTag) error = reader.text();
    else reader.skip(tag);
  }
  return { deliveryId, success, error };
}
