/**
 * Long answers as streams: a replay of any length, a subscription without an end. Both pull from
 * the engine only as fast as the client reads, so what is in memory is a chunk, not the answer.
 *
 * Replay chunk grammar:
 *   NDJSON   event "\n" ... ; a failure on the way is a last line {"error": ...}
 *   JSON     {"events":[ event "," event ... ]} ; a failure on the way breaks the connection off
 * Subscription: Server-Sent Events
 *   event: delivery, id: <delivery id>, data: <the delivery as JSON>
 *   event: end, data: {"error": ...} or {} ; the last one
 *   ": still here" as a comment, so that proxies do not take silence for death
 */
import { PassThrough, Readable } from "node:stream";
import type { EventDelivery, StoredEvent, Subscription } from "../../engine/events-api.ts";
import type { Clock } from "../../ports/clock.ts";
import { storedEventJson } from "./event-json.ts";
import { httpError } from "./http-errors.ts";

/** Text collected before it is handed to the socket. */
const chunkCharsMax = 64 * 1024;
const heartbeatMs = 15_000;

/** How the lines of a replay are put together. */
export interface ReplayForm {
  readonly head: string;
  readonly separator: string;
  readonly tail: string;
  /** What tells of a failure on the way; absent: the connection is broken off. */
  readonly failure?: (thrown: unknown) => string;
  /** Send each event when it comes: the replay has a pace. */
  readonly isPaced: boolean;
}

export const ndjsonForm = {
  head: "",
  separator: "\n",
  tail: "\n",
  failure: (thrown: unknown) => `${JSON.stringify(httpError(thrown).body)}\n`,
} as const satisfies Omit<ReplayForm, "isPaced">;

export const jsonForm = {
  head: '{"events":[',
  separator: ",",
  tail: "]}",
} as const satisfies Omit<ReplayForm, "isPaced">;

/**
 * The replay as a stream of text. Rejects with what the engine throws before the first event, so
 * that a wrong request gets an error instead of a broken stream.
 */
export async function replayStream(
  events: AsyncIterable<StoredEvent>,
  form: ReplayForm,
): Promise<Readable> {
  const iterator = events[Symbol.asyncIterator]();
  const first = await iterator.next();
  const stream = Readable.from(replayChunks(iterator, first, form), { objectMode: false });
  // The generator may be waiting for an event of a slow pace; ending the engine's iterator ends it.
  stream.once("close", () => void iterator.return?.());
  return stream;
}

async function* replayChunks(
  iterator: AsyncIterator<StoredEvent>,
  first: IteratorResult<StoredEvent, unknown>,
  form: ReplayForm,
): AsyncGenerator<string> {
  let chunk = form.head;
  let separator = "";
  try {
    for (let step = first; step.done !== true; step = await iterator.next()) {
      chunk += separator + JSON.stringify(storedEventJson(step.value));
      separator = form.separator;
      if (!form.isPaced && chunk.length < chunkCharsMax) continue;
      // A line is complete only with its end, and a paced reader waits for complete lines.
      if (form.isPaced && separator === "\n") {
        chunk += separator;
        separator = "";
      }
      yield chunk;
      chunk = "";
    }
  } catch (thrown) {
    if (form.failure === undefined) throw thrown;
    yield chunk + separator + form.failure(thrown);
    return;
  }
  const isEmptyLines = form.tail === "\n" && separator === "";
  yield chunk + (isEmptyLines ? "" : form.tail);
}

/** The subscription as Server-Sent Events; the stream's end closes the subscription. */
export function subscriptionStream(subscription: Subscription, clock: Clock): Readable {
  const stream = new PassThrough({ highWaterMark: chunkCharsMax });
  const heart = startHeartbeat(stream, clock, ": still here\n\n");
  stream.once("close", () => {
    heart.cancel();
    void subscription.close().catch(() => {});
  });
  void writeDeliveries(stream, subscription).then((last) => {
    if (!stream.destroyed) stream.end(`event: end\ndata: ${last}\n\n`);
  });
  // The client learns at once that it is subscribed, not with the first delivery.
  stream.write(": subscribed\n\n");
  return stream;
}

/** Resolves with the data of the last message when there is nothing more to come. */
async function writeDeliveries(stream: PassThrough, subscription: Subscription): Promise<string> {
  try {
    for await (const delivery of subscription) {
      if (stream.destroyed) break;
      if (!stream.write(deliveryMessage(delivery))) await roomIn(stream);
    }
    return "{}";
  } catch (thrown) {
    return JSON.stringify(httpError(thrown).body);
  }
}

function deliveryMessage(delivery: EventDelivery): string {
  const { deliveryId, attempt, ackTimeoutMs } = delivery;
  const data = { ...storedEventJson(delivery), deliveryId, attempt, ackTimeoutMs };
  return `event: delivery\nid: ${deliveryId}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Resolves when the stream takes more, or will never take anything again. */
export function roomIn(stream: PassThrough): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}

/** Writes the text from time to time, unless there is something to read anyway. */
export function startHeartbeat(
  stream: PassThrough,
  clock: Clock,
  text: string,
): { cancel(): void } {
  let timer = clock.after(heartbeatMs, beat);
  function beat(): void {
    // A full stream is one whose client has something to read: no need to add to it.
    if (!stream.writableNeedDrain && !stream.writableEnded) stream.write(text);
    timer = clock.after(heartbeatMs, beat);
  }
  return { cancel: () => timer.cancel() };
}
