/**
 * What a message of a shard's stream means:
 *
 *   record   data: one record (../record.ts); header Cronosdb-Fence: the fence it was written under
 *   fence    data: a fence (fence.ts)
 *   filler   no data: fills the void behind a fence
 *
 * What is read is checked here once, so that nothing unverified goes further.
 */
import { CronosError } from "../../base/errors.ts";
import { chainProblem, decodeRecord } from "../record.ts";
import type { DecodedRecord } from "../record.ts";
import { decodeFence } from "./fence.ts";
import type { Fence } from "./fence.ts";
import type { ShardStream, StreamMessage } from "./shard-stream.ts";

/** A record and where it is. */
export interface PlacedRecord extends DecodedRecord {
  readonly sequence: number;
  readonly fence: number;
}

/** A CORRUPTION error that names the stream and the sequence. */
export function streamCorruption(stream: string, sequence: number, problem: string): CronosError {
  return new CronosError(
    "CORRUPTION",
    `Stream ${stream} is corrupt at sequence ${sequence}: ${problem}`,
    { details: { stream, sequence } },
  );
}

/** The record that the message must be; throws CORRUPTION when it is not one. */
export function recordOf(stream: ShardStream, message: StreamMessage): PlacedRecord {
  const { sequence, fence, data } = message;
  if (fence === 0) throw streamCorruption(stream.name, sequence, "a record was expected");
  const decoded = decodeRecord(data, 0, data.length);
  if (decoded.kind !== "record") {
    const problem = decoded.kind === "bad" ? decoded.problem : `record is ${decoded.kind}`;
    throw streamCorruption(stream.name, sequence, problem);
  }
  if (decoded.byteLength !== data.length) {
    const problem = `record of ${decoded.byteLength} bytes in ${data.length} bytes of data`;
    throw streamCorruption(stream.name, sequence, problem);
  }
  return { ...decoded, sequence, fence };
}

/** Says why `record` cannot be the one after `before`; undefined when it can. */
export function successionProblem(record: PlacedRecord, before: PlacedRecord): string | undefined {
  return chainProblem(record, { index: before.record.index, crc: before.crc });
}

/** Tells whether the message says that it is a fence; fenceOf() verifies it. */
export function isFence(message: StreamMessage): boolean {
  return message.fence === 0 && message.data.length > 0;
}

/** The fence that the message must be; throws CORRUPTION when it is not one. */
export function fenceOf(stream: ShardStream, message: StreamMessage): Fence {
  const fence = isFence(message) ? decodeFence(message.data) : undefined;
  if (fence === undefined || fence.sequence !== message.sequence) {
    throw streamCorruption(stream.name, message.sequence, "a fence was expected");
  }
  return fence;
}
