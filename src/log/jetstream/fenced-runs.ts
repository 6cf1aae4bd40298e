/**
 * Where in the stream a record is. Between two fences, records are dense in index and in sequence;
 * each fence shifts them by `fenceSpan`:
 *
 *   sequence   1      17 18 19     20      36 37 38 ...
 *            [fence]   1  2  3   [fence]    4  5  6           runs: {1, from 1}, {20, from 4}
 *
 * The runs are derived from the fences, which form a list by their `previous`; nothing else is
 * stored. There is one run for each time the log was opened for writing since the oldest record.
 */
import { must } from "../../base/assert.ts";
import { isCronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { LogIndex } from "../../base/ids.ts";
import type { Clock } from "../../ports/clock.ts";
import { fenceSpan } from "./fence.ts";
import type { Fence } from "./fence.ts";
import { fetchMessage } from "./fetch-message.ts";
import { fenceOf, isFence, recordOf } from "./message.ts";
import type { PlacedRecord } from "./message.ts";
import type { ShardStream, StreamMessage } from "./shard-stream.ts";
import { sleep } from "./sleep.ts";
import { sequenceUnderFence } from "./stream-tail.ts";

const looksMax = 50;
const lookAgainMs = 100;

/** The records written under one fence. */
export interface FencedRun {
  /** Sequence of the fence. */
  readonly sequence: number;
  /** Index of the first record under it. */
  readonly nextIndex: LogIndex;
}

/** The runs of a stream, oldest first, and the oldest index that is there. */
export class FencedRuns {
  #runs: FencedRun[];
  #first: LogIndex;

  constructor(runs: readonly FencedRun[], first: LogIndex) {
    this.#runs = [...runs];
    this.#first = first;
  }

  get first(): LogIndex {
    return this.#first;
  }

  /** The run that is written to. */
  get newest(): FencedRun {
    return must(this.#runs.at(-1), "A stream that was taken over has a fence");
  }

  get count(): number {
    return this.#runs.length;
  }

  /** The run that holds the record. */
  runOf(index: LogIndex): FencedRun {
    return must(
      this.#runs.findLast((run) => run.nextIndex <= index),
      `Record ${index} is before the oldest run`,
    );
  }

  sequenceOf(index: LogIndex): number {
    return sequenceUnderFence(this.runOf(index), index);
  }

  /** Index of the last record of the run; undefined in the newest one, which grows. */
  lastOf(run: FencedRun): LogIndex | undefined {
    const next = this.#runs[this.#runs.indexOf(run) + 1];
    return next === undefined ? undefined : logIndex(next.nextIndex - 1);
  }

  /** A new fence was placed. */
  add(run: FencedRun): void {
    this.#runs.push(run);
  }

  /** The records before `first` were purged. */
  trim(first: LogIndex): void {
    const oldest = this.runOf(first);
    this.#runs = this.#runs.slice(this.#runs.indexOf(oldest));
    this.#first = first;
  }
}

/** Walks back from the newest fence to the oldest one that is still there. */
export async function loadRuns(
  stream: ShardStream,
  clock: Clock,
  newest: Fence,
): Promise<FencedRuns> {
  const oldest = await oldestMessage(stream, clock);
  const fences = [newest];
  for (let fence = newest; fence.previous >= oldest.sequence; ) {
    fence = fenceOf(stream, await fetchMessage(stream, clock, fence.previous));
    fences.unshift(fence);
  }
  const runs: FencedRun[] = fences.map(({ sequence, nextIndex }) => ({ sequence, nextIndex }));
  // Nothing was ever trimmed: the stream starts with its first fence.
  if (isFence(oldest)) return new FencedRuns(runs, must(fences[0]).nextIndex);
  // Trimmed: the stream starts with a record, whose fence may be gone.
  const record = recordOf(stream, oldest);
  if (must(runs[0]).sequence !== record.fence) runs.unshift(runOfRecord(record));
  return new FencedRuns(runs, record.record.index);
}

/** The oldest message. A server that is behind names one that was purged; it is asked again. */
async function oldestMessage(stream: ShardStream, clock: Clock): Promise<StreamMessage> {
  for (let looks = 1; ; looks++) {
    const { firstSequence } = await stream.state();
    try {
      return await fetchMessage(stream, clock, firstSequence);
    } catch (error) {
      if (!isCronosError(error, "OUT_OF_RANGE") || looks === looksMax) throw error;
      await sleep(clock, lookAgainMs);
    }
  }
}

function runOfRecord({ sequence, fence, record }: PlacedRecord): FencedRun {
  return { sequence: fence, nextIndex: logIndex(record.index - (sequence - fence - fenceSpan)) };
}
