/**
 * Streaming queries over HTTP: GET /query?…&stream=sse|ndjson keeps the connection open.
 *
 *   ndjson   {"series":[{…}],"token":"…"} "\n"     {"gap":true,"token":"…"} "\n"
 *            {"error":"…"} "\n" is the last line; an empty line now and then: still here
 *   sse      id: token, data: {"series":[{…}]}     event: gap, id: token, data: {}
 *            event: end, data: {} or {"error":"…"} is the last one; ": still here" as a comment
 *
 * The stream is pulled only as fast as the client reads: for one that does not, nothing is computed
 * or kept. Rows that many clients get are made into text once.
 */
import { PassThrough } from "node:stream";
import { toCronosError } from "../../../base/errors.ts";
import type { StreamItem } from "../../../engine/series/query-stream.ts";
import type { SeriesChunk } from "../../../influxql/result.ts";
import type { Clock } from "../../../ports/clock.ts";
import { roomIn, startHeartbeat } from "../event-stream.ts";
import { jsonText, seriesJson } from "./encode-json.ts";
import type { InfluxAnswer } from "./influx-route.ts";

/** Text collected before the client has to take some. */
const WAITING_CHARS_MAX = 64 * 1024;

export type StreamForm = "sse" | "ndjson";

export function isStreamForm(text: string): text is StreamForm {
  return text === "sse" || text === "ndjson";
}

export interface StreamAnswerOptions {
  readonly form: StreamForm;
  /** Of times, ns; undefined: RFC 3339. */
  readonly unit: bigint | undefined;
  readonly clock: Clock;
}

/** Text of chunks that several clients get, by unit of times. */
const texts = new WeakMap<SeriesChunk, Map<bigint | undefined, string>>();

export function streamAnswer(
  items: AsyncIterableIterator<StreamItem>,
  { form, unit, clock }: StreamAnswerOptions,
): InfluxAnswer {
  const body = new PassThrough({ highWaterMark: WAITING_CHARS_MAX });
  const heart = startHeartbeat(body, clock, form === "sse" ? ": still here\n\n" : "\n");
  const finish = (): void => void items.return?.();
  body.once("close", () => {
    heart.cancel();
    finish();
  });
  void writeItems(body, items, (item) => itemText(item, form, unit)).then((failure) => {
    if (!body.destroyed) body.end(lastText(failure, form));
  });
  // The client learns at once that the stream is open, not with the first row.
  body.write(form === "sse" ? ": open\n\n" : "\n");
  const type = form === "sse" ? "text/event-stream" : "application/x-ndjson";
  return {
    status: 200,
    headers: { "content-type": type, "cache-control": "no-store", "x-accel-buffering": "no" },
    body,
    finish,
  };
}

/** Resolves with what went wrong when there is nothing more to come. */
async function writeItems(
  body: PassThrough,
  items: AsyncIterable<StreamItem>,
  textOf: (item: StreamItem) => string,
): Promise<string | undefined> {
  try {
    for await (const item of items) {
      if (body.destroyed) break;
      if (!body.write(textOf(item))) await roomIn(body);
    }
    return undefined;
  } catch (thrown) {
    const error = toCronosError(thrown);
    return error.kind === "internal" ? "internal error" : error.message;
  }
}

function itemText(item: StreamItem, form: StreamForm, unit: bigint | undefined): string {
  const { token } = item;
  if (item.kind === "gap") {
    return form === "sse"
      ? `event: gap\nid: ${token}\ndata: {}\n\n`
      : `{"gap":true,"token":"${token}"}\n`;
  }
  const series = seriesText(item.chunk, unit);
  return form === "sse"
    ? `id: ${token}\ndata: {"series":[${series}]}\n\n`
    : `{"series":[${series}],"token":"${token}"}\n`;
}

function seriesText(chunk: SeriesChunk, unit: bigint | undefined): string {
  let known = texts.get(chunk);
  if (known === undefined) texts.set(chunk, (known = new Map()));
  let text = known.get(unit);
  if (text === undefined) known.set(unit, (text = seriesJson(chunk, unit)));
  return text;
}

function lastText(failure: string | undefined, form: StreamForm): string {
  const data = failure === undefined ? "{}" : `{"error":${jsonText(failure)}}`;
  if (form === "sse") return `event: end\ndata: ${data}\n\n`;
  return failure === undefined ? "" : `${data}\n`;
}
