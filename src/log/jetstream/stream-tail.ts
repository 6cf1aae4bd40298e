/**
 * Finding the end of the log in its stream: the newest record, and the fence it lies under.
 *
 * The last message of the stream is one of:
 *
 *   a record          ... fence | void × 15 | 41, 42      the head is 42; it names its fence
 *   part of a fence   ... 41, 42 | fence | void × k       the fence names its head, 42
 *
 * so the newest `fenceSpan` messages decide: if there is a fence among them, the log ends before it
 * and all behind it is void; otherwise all of them are records, and are verified as a chain.
 */
import type { Clock } from "../../ports/clock.ts";
import { fenceSpan } from "./fence.ts";
import type { Fence } from "./fence.ts";
import { fetchMessage, fetchMessages } from "./fetch-message.ts";
import { fenceOf, isFence, recordOf, streamCorruption, successionProblem } from "./message.ts";
import type { PlacedRecord } from "./message.ts";
import type { ShardStream, StreamMessage } from "./shard-stream.ts";

export interface StreamTail {
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Sequence of the newest fence; 0 in a new stream. */
  readonly fenceSequence: number;
  /** The newest fence; undefined in a new stream, or when it was trimmed away. */
  readonly fence: Fence | undefined;
  /** The newest record; undefined when there was none yet. */
  readonly head: PlacedRecord | undefined;
}

/** Reads the tail as it is now. Throws CORRUPTION, UNAVAILABLE. */
export async function readTail(stream: ShardStream, clock: Clock): Promise<StreamTail> {
  const { firstSequence, lastSequence } = await stream.state();
  const bounds = { firstSequence, lastSequence };
  if (lastSequence === 0) {
    return { ...bounds, fenceSequence: 0, fence: undefined, head: undefined };
  }
  const newest = await readNewest(stream, clock, bounds);
  if (newest.length === 0) {
    throw streamCorruption(stream.name, lastSequence, "the newest message was purged");
  }
  const fenceMessage = newest.find(isFence);
  if (fenceMessage !== undefined) {
    const fence = fenceOf(stream, fenceMessage);
    const head = await headOfFence(stream, clock, fence);
    return { ...bounds, fenceSequence: fence.sequence, fence, head };
  }
  const head = verifyRecords(stream, newest);
  const fence = await fenceOfHead(stream, clock, { head, firstSequence });
  return { ...bounds, fenceSequence: head.fence, fence, head };
}

/** Sequence at which a record written under a fence must be. */
export function sequenceUnderFence(
  fence: { readonly sequence: number; readonly nextIndex: number },
  index: number,
): number {
  return fence.sequence + fenceSpan + (index - fence.nextIndex);
}

async function readNewest(
  stream: ShardStream,
  clock: Clock,
  bounds: { readonly firstSequence: number; readonly lastSequence: number },
): Promise<StreamMessage[]> {
  const to = bounds.lastSequence;
  const from = Math.max(bounds.firstSequence, to - fenceSpan + 1);
  const newest: StreamMessage[] = [];
  for await (const message of fetchMessages(stream, clock, { from, to })) newest.push(message);
  return newest;
}

/** The records among the newest messages, verified; behind an older fence there may be fillers. */
function verifyRecords(stream: ShardStream, newest: readonly StreamMessage[]): PlacedRecord {
  let head: PlacedRecord | undefined;
  const fence = newest.at(-1)?.fence ?? 0;
  for (const message of newest) {
    // The last of a fence's void may reach into the window. It is read by nobody.
    if (message.sequence < fence + fenceSpan) continue;
    const record = recordOf(stream, message);
    const problem = head === undefined ? undefined : successionProblem(record, head);
    if (problem !== undefined) throw streamCorruption(stream.name, message.sequence, problem);
    head = record;
  }
  if (head !== undefined && head.fence === fence) return head;
  const at = newest.at(-1)?.sequence ?? 0;
  throw streamCorruption(stream.name, at, "the last message is neither a record nor near a fence");
}

async function headOfFence(
  stream: ShardStream,
  clock: Clock,
  fence: Fence,
): Promise<PlacedRecord | undefined> {
  if (fence.headSequence === 0) return undefined;
  const head = recordOf(stream, await fetchMessage(stream, clock, fence.headSequence));
  if (head.crc !== fence.headCrc || head.record.index !== fence.nextIndex - 1) {
    const problem = `it is not the record that the fence at ${fence.sequence} names`;
    throw streamCorruption(stream.name, head.sequence, problem);
  }
  return head;
}

/** The fence that the newest record names, unless it was trimmed away. */
async function fenceOfHead(
  stream: ShardStream,
  clock: Clock,
  { head, firstSequence }: { head: PlacedRecord; firstSequence: number },
): Promise<Fence | undefined> {
  if (head.fence < firstSequence) return undefined;
  const fence = fenceOf(stream, await fetchMessage(stream, clock, head.fence));
  if (sequenceUnderFence(fence, head.record.index) === head.sequence) return fence;
  const problem = `record ${head.record.index} is out of place under the fence at ${head.fence}`;
  throw streamCorruption(stream.name, head.sequence, problem);
}
