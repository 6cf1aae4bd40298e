/**
 * Reading messages that must be there: one (fetchMessage), or a stretch in order (fetchMessages).
 *
 * "Not there" is asked again for a while, because a server that is behind may have answered. Then
 * it is a fact, and there are two reasons: the message was purged, or the stream has a hole.
 */
import { CronosError } from "../../base/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import { streamCorruption } from "./message.ts";
import type { ShardStream, StreamMessage } from "./shard-stream.ts";
import { sleep } from "./sleep.ts";

/** How long a message that must be there is asked for; failing over takes servers up to 10 s. */
const fetchMsMax = 30_000;
const retryMsMin = 20;
const retryMsMax = 1_000;

/**
 * Messages asked for ahead of the reader: at most this many, and by the size of the latest ones at
 * most this many bytes, so that the server never has to hold more than its max_pending (64 MiB).
 */
const aheadCountMax = 32;
const aheadBytesMax = 16 * 1024 * 1024;

/** The message at `sequence`. Throws OUT_OF_RANGE (purged), CORRUPTION (a hole), UNAVAILABLE. */
export async function fetchMessage(
  stream: ShardStream,
  clock: Clock,
  sequence: number,
): Promise<StreamMessage> {
  const startedAt = clock.monotonic();
  let from: "any" | "leader" = "any";
  for (let retryMs = retryMsMin; ; retryMs = Math.min(retryMs * 2, retryMsMax)) {
    const problem = await attempt(stream, sequence, from);
    if (!(problem instanceof CronosError)) return problem;
    const isFinal = problem.code === "OUT_OF_RANGE" || stream.isClosed();
    if (isFinal || clock.monotonic() - startedAt > fetchMsMax) throw problem;
    await sleep(clock, retryMs);
    from = from === "any" ? "leader" : "any";
  }
}

/** The messages from `from` to `to` in order, asked for ahead of the reader. */
export async function* fetchMessages(
  stream: ShardStream,
  clock: Clock,
  { from, to }: { from: number; to: number },
): AsyncGenerator<StreamMessage, void, undefined> {
  const ahead: Promise<StreamMessage>[] = [];
  let asked = from;
  // Starts careful: nothing is known about the sizes.
  let bytesGuess = stream.dataBytesMax;
  for (let sequence = from; sequence <= to; sequence++) {
    const countMax = Math.max(1, Math.min(aheadCountMax, Math.floor(aheadBytesMax / bytesGuess)));
    while (asked <= to && ahead.length < countMax) {
      const fetching = fetchMessage(stream, clock, asked++);
      // A reader that stops early leaves these behind; their failure is nobody's then.
      fetching.catch(() => undefined);
      ahead.push(fetching);
    }
    const message = await ahead.shift();
    if (message === undefined) return;
    bytesGuess = Math.max(message.data.length, bytesGuess * 0.75, 1);
    yield message;
  }
}

async function attempt(
  stream: ShardStream,
  sequence: number,
  from: "any" | "leader",
): Promise<StreamMessage | CronosError> {
  try {
    const message = await stream.get(sequence, from);
    if (message !== null) return message;
    const { firstSequence } = await stream.state();
    if (sequence >= firstSequence) {
      return streamCorruption(stream.name, sequence, "the message is missing");
    }
    return new CronosError(
      "OUT_OF_RANGE",
      `Cannot read sequence ${sequence} of stream ${stream.name}: purged before ${firstSequence}`,
      { details: { stream: stream.name, sequence, firstSequence } },
    );
  } catch (error) {
    if (error instanceof CronosError) return error;
    throw error;
  }
}
