/**
 * Time series over gRPC, as what db.series() asks. Answers are read only as fast as they are taken,
 * so the server waits; leaving a loop cancels the call.
 */
import { once } from "node:events";
import type { ClientReadableStream, ServiceError } from "@grpc/grpc-js";
import { interrupted } from "../engine/series/query-registry.ts";
import type { QueryEvent } from "../engine/series/query-result.ts";
import type { SeriesSource, SourceItem, SourceStream } from "../engine/series/series-api.ts";
import type { SourceQuery } from "../engine/series/series-api.ts";
import { errorOfStatus } from "../protocols/grpc/grpc-status.ts";
import { eventOf, itemOf, queryMessage } from "../protocols/grpc/series-messages.ts";
import type {
  QuerySeriesPart,
  StreamSeriesPart,
  WriteSeriesResponse,
} from "../protocols/grpc/series-messages.ts";
import type { RemoteCalls } from "./remote-calls.ts";

export function remoteSeries(calls: RemoteCalls): SeriesSource {
  return {
    write: async (request) => {
      const answer = await calls.call<WriteSeriesResponse>("DataService", "WriteSeries", request);
      return { ...answer, message: answer.message === "" ? undefined : answer.message };
    },
    query: (request, signal) => runQuery(calls, request, signal),
    stream: (request) => openStream(calls, request),
  };
}

async function* runQuery(
  calls: RemoteCalls,
  request: SourceQuery,
  signal: AbortSignal | undefined,
): AsyncGenerator<QueryEvent, void, undefined> {
  if (isAborted(signal)) throw interrupted();
  const stream = calls.read("DataService", "QuerySeries", queryMessage(request));
  const cancel = (): void => stream.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    for await (const part of stream) yield eventOf(part as QuerySeriesPart);
  } catch (failure) {
    throw isAborted(signal) ? interrupted() : failureOf(failure);
  } finally {
    signal?.removeEventListener("abort", cancel);
    stream.cancel();
  }
}

async function openStream(
  calls: RemoteCalls,
  { token = "", ...query }: SourceStream,
): Promise<AsyncIterableIterator<SourceItem, undefined>> {
  const request = { query: queryMessage(query), token };
  const stream = calls.read("DataService", "StreamSeries", request);
  const parts: AsyncIterator<object> = stream[Symbol.asyncIterator]();
  // Listens from now on, so that no failure goes unheard while nobody asks for the next part.
  const first = parts.next();
  first.catch(() => {});
  try {
    await once(stream, "metadata");
  } catch (failure) {
    throw failureOf(failure);
  }
  return itemsOf(stream, parts, first);
}

function itemsOf(
  stream: ClientReadableStream<object>,
  parts: AsyncIterator<object>,
  first: Promise<IteratorResult<object>>,
): AsyncIterableIterator<SourceItem, undefined> {
  let next: Promise<IteratorResult<object>> | undefined = first;
  let hasLeft = false;
  const iterator: AsyncIterableIterator<SourceItem, undefined> = {
    next: async () => {
      const asked = next ?? parts.next();
      next = undefined;
      try {
        const { done, value } = await asked;
        if (done === true || hasLeft) return { done: true, value: undefined };
        return { done: false, value: itemOf(value as StreamSeriesPart) };
      } catch (failure) {
        if (hasLeft) return { done: true, value: undefined };
        throw failureOf(failure);
      }
    },
    return: async () => {
      hasLeft = true;
      stream.cancel();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function failureOf(failure: unknown): unknown {
  return isServiceError(failure) ? errorOfStatus(failure) : failure;
}

function isServiceError(failure: unknown): failure is ServiceError {
  return failure instanceof Error && "details" in failure && "metadata" in failure;
}
