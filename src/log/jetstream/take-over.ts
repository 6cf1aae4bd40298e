/**
 * Taking a shard's stream over: afterwards the caller is its only writer.
 *
 *   look at the tail ── a fence whose void has gaps ──────────> fill it, look again
 *       │  └─ all is whole, the newest fence is not ours ─────> place ours behind it, look again
 *       └─ the newest fence is ours and its void is full: done
 *
 * Each step is a conditional write, so it does not matter whether its answer arrives, whether it
 * was lost or done twice: the next look shows what is so. What makes it end: a writer whose fence
 * was placed gives up when it finds a newer one behind it (FENCED). The highest epoch wins, among
 * equal ones the latest.
 */
import { must } from "../../base/assert.ts";
import { CronosError, isCronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { Epoch } from "../../base/ids.ts";
import type { Clock } from "../../ports/clock.ts";
import { encodeFence, fenceSpan } from "./fence.ts";
import type { Fence } from "./fence.ts";
import type { ShardStream } from "./shard-stream.ts";
import { sleep } from "./sleep.ts";
import { readTail } from "./stream-tail.ts";
import type { StreamTail } from "./stream-tail.ts";

/** A cluster that lost its leader has a new one within 10 s. */
const takeOverMsMax = 30_000;
const retryMsMin = 20;
const retryMsMax = 1_000;

export interface Claim {
  readonly epoch: Epoch;
  /** Random; different in each claim. */
  readonly writer: Uint8Array;
  /** A fence newer than this one, and not ours, fences us; undefined: only its epoch can. */
  readonly expectedFence: number | undefined;
}

/** The tail of a stream that was taken over: its newest fence is the caller's. */
export interface OwnTail extends StreamTail {
  readonly fence: Fence;
}

/** Resolves with the tail, its fence ours. Throws FENCED, UNAVAILABLE, CORRUPTION, DISK_FULL. */
export async function takeOver(
  stream: ShardStream,
  clock: Clock,
  claim: Claim,
): Promise<OwnTail> {
  const startedAt = clock.monotonic();
  let placedAt = 0;
  let problem: unknown;
  for (let retryMs = retryMsMin; ; ) {
    try {
      const tail = await readTail(stream, clock);
      const own = ownFence(tail, claim);
      if (own !== undefined && isVoidFull(tail)) return { ...tail, fence: own };
      if (own === undefined) assertNotFenced(stream, tail, { ...claim, placedAt });
      if (!isVoidFull(tail)) {
        if (await fillVoid(stream, tail)) continue;
      } else if (placedAt === 0 && (await placeFence(stream, tail, claim))) {
        placedAt = tail.lastSequence + 1;
        continue;
      }
    } catch (error) {
      if (!isPassing(error) || stream.isClosed()) throw error;
      problem = error;
    }
    if (clock.monotonic() - startedAt > takeOverMsMax) throw unavailable(stream, problem);
    await sleep(clock, retryMs);
    retryMs = Math.min(retryMs * 2, retryMsMax);
  }
}

/** No answer, or one from a server that is behind: what it shows was purged meanwhile. */
function isPassing(error: unknown): boolean {
  return isCronosError(error, "UNAVAILABLE") || isCronosError(error, "OUT_OF_RANGE");
}

function ownFence({ fence }: StreamTail, { writer }: Claim): Fence | undefined {
  return fence !== undefined && Buffer.compare(fence.writer, writer) === 0 ? fence : undefined;
}

function isVoidFull(tail: StreamTail): boolean {
  return tail.fenceSequence === 0 || tail.lastSequence >= tail.fenceSequence + fenceSpan - 1;
}

function assertNotFenced(
  stream: ShardStream,
  tail: StreamTail,
  claim: Claim & { readonly placedAt: number },
): void {
  const epochInLog = Math.max(tail.fence?.epoch ?? 0, tail.head?.record.epoch ?? 0);
  // Ours was placed: either a newer one came behind it, or this look is behind and shows neither.
  const isOvertaken =
    (claim.placedAt > 0 && tail.lastSequence >= claim.placedAt) ||
    epochInLog > claim.epoch ||
    (claim.expectedFence !== undefined && tail.fenceSequence > claim.expectedFence);
  if (isOvertaken) throw fencedError(stream, { epoch: claim.epoch, epochInLog });
}

/** The stream has a newer writer. Only opening the log again, with a newer epoch, can help. */
export function fencedError(
  stream: ShardStream,
  details: { readonly epoch: Epoch; readonly epochInLog?: number },
): CronosError {
  const by = details.epochInLog === undefined ? "" : ` of epoch ${details.epochInLog}`;
  return new CronosError(
    "FENCED",
    `Cannot write to stream ${stream.name} in epoch ${details.epoch}: another writer${by} has it`,
    { details: { stream: stream.name, ...details } },
  );
}

/** Tells whether the fence is known to be placed; if not, the next look tells. */
async function placeFence(stream: ShardStream, tail: StreamTail, claim: Claim): Promise<boolean> {
  const { head, lastSequence } = tail;
  const sequence = lastSequence + 1;
  const fence = encodeFence({
    sequence,
    previous: tail.fenceSequence,
    nextIndex: logIndex((head?.record.index ?? 0) + 1),
    headSequence: head?.sequence ?? 0,
    headCrc: head?.crc ?? 0,
    epoch: claim.epoch,
    writer: claim.writer,
  });
  const outcome = await stream.publish(sequence, 0, fence);
  if (outcome.kind === "refused") throw outcome.error;
  return outcome.kind === "stored";
}

/** Tells whether something is known to be filled; if not, the next look tells. */
async function fillVoid(stream: ShardStream, tail: StreamTail): Promise<boolean> {
  const nothing = new Uint8Array(0);
  const outcomes = [];
  const end = tail.fenceSequence + fenceSpan;
  for (let sequence = tail.lastSequence + 1; sequence < end; sequence++) {
    outcomes.push(stream.publish(sequence, 0, nothing));
  }
  const first = must((await Promise.all(outcomes))[0]);
  if (first.kind === "refused") throw first.error;
  return first.kind === "stored";
}

function unavailable(stream: ShardStream, cause: unknown): CronosError {
  return new CronosError(
    "UNAVAILABLE",
    `Cannot take stream ${stream.name} over: no answer within ${takeOverMsMax} ms`,
    { cause, details: { stream: stream.name } },
  );
}
