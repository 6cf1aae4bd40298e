/**
 * Time series of DataService, for the library's remote client. Who may do what is asked of
 * engine/auth, with the credentials that each call brings. Answers are sent no faster than the
 * client takes them.
 */
import { once } from "node:events";
import { Metadata, status } from "@grpc/grpc-js";
import type {
  ServerUnaryCall,
  ServerWritableStream,
  UntypedServiceImplementation,
  sendUnaryData,
} from "@grpc/grpc-js";
import type { SeriesAccess, SeriesCaller } from "../../engine/auth/series-access.ts";
import { seriesCredentials } from "../../engine/auth/series-credentials.ts";
import { PIECE_ROWS } from "../../engine/series/local-series.ts";
import type { SeriesServices } from "../../engine/series/local-series.ts";
import { parseQuery } from "../../influxql/parse.ts";
import type { GrpcEngine } from "./grpc-engine.ts";
import { statusOf } from "./grpc-status.ts";
import { failCall } from "./live-calls.ts";
import type { LiveCalls } from "./live-calls.ts";
import { eventMessage, itemMessage, queryOf } from "./series-messages.ts";
import type {
  QuerySeriesRequest,
  StreamSeriesRequest,
  WriteSeriesRequest,
  WriteSeriesResponse,
} from "./series-messages.ts";
import { unary } from "./unary.ts";

type WriteCall = ServerUnaryCall<WriteSeriesRequest, WriteSeriesResponse>;
type QueryCall = ServerWritableStream<QuerySeriesRequest, object>;
type StreamCall = ServerWritableStream<StreamSeriesRequest, object>;

interface SeriesParts extends SeriesServices {
  readonly access: SeriesAccess;
}

/** No handlers for an engine without time series. */
export function seriesHandlers(engine: GrpcEngine, live: LiveCalls): UntypedServiceImplementation {
  const { seriesWrites: writes, queries, seriesWork, seriesAccess: access } = engine;
  if (writes === undefined || queries === undefined) return {};
  if (seriesWork === undefined || access === undefined) return {};
  const parts: SeriesParts = { writes, queries, streams: seriesWork.streams, access };
  return {
    WriteSeries: (call: WriteCall, callback: sendUnaryData<WriteSeriesResponse>) => {
      unary((request: WriteSeriesRequest) => write(parts, call, request))(call, callback);
    },
    QuerySeries: (call: QueryCall) => {
      serveParts(call, live, (stop) => queryParts(parts, call, stop));
    },
    StreamSeries: (call: StreamCall) => {
      serveParts(call, live, (stop) => streamParts(parts, call, stop));
    },
  };
}

type AnyCall = Pick<WriteCall, "metadata" | "getPeer">;

/** Throws UNAUTHENTICATED. */
function callerOf({ access }: SeriesParts, call: AnyCall): SeriesCaller {
  const [header] = call.metadata.get("authorization");
  const credentials = seriesCredentials(new Map(), header === undefined ? header : String(header));
  return access.authenticate(credentials, call.getPeer());
}

async function write(
  parts: SeriesParts,
  call: AnyCall,
  request: WriteSeriesRequest,
): Promise<WriteSeriesResponse> {
  const { database, lines } = request;
  const caller = callerOf(parts, call);
  parts.access.authorizeWrite(caller, { database, lines, client: call.getPeer() });
  const { message = "", stored, dropped, unreadable } = await parts.writes.write(request);
  return { message, stored, dropped, unreadable };
}

async function* queryParts(
  parts: SeriesParts,
  call: QueryCall,
  signal: AbortSignal,
): AsyncGenerator<object, undefined> {
  const { access } = parts;
  const caller = callerOf(parts, call);
  const { params, ...request } = queryOf(call.request);
  const statements = parseQuery(request.text, params);
  const { database } = request;
  access.authorizeQuery(caller, statements, { database, client: call.getPeer() });
  const events = parts.queries.run({
    ...request,
    statements,
    signal,
    isReadOnly: false,
    chunkRows: PIECE_ROWS,
    isVisible: (name) => access.sees(caller, name),
  });
  for await (const event of events) yield eventMessage(event);
  return undefined;
}

async function* streamParts(
  parts: SeriesParts,
  call: StreamCall,
  signal: AbortSignal,
): AsyncGenerator<object, undefined> {
  const { query, token } = call.request;
  const caller = callerOf(parts, call);
  const empty = { database: "", policy: "", text: "", parameters: {} };
  const { params, ...request } = queryOf(query ?? empty);
  const statements = parseQuery(request.text, params);
  const place = { database: request.database, client: call.getPeer() };
  // Asked before each part: a privilege can be taken away while the stream is open.
  const authorize = (): void => parts.access.authorizeQuery(caller, statements, place);
  authorize();
  const resumed = token === "" ? {} : { token };
  const items = parts.streams.open({ ...request, parameters: params, ...resumed });
  // Nothing may come for hours: the client does not wait that long to leave.
  signal.addEventListener("abort", () => void items.return?.());
  call.sendMetadata(new Metadata());
  for await (const item of items) {
    authorize();
    yield itemMessage(item);
  }
  return undefined;
}

/** Sends what `make` gives until the client or the server ends it. */
function serveParts(
  call: QueryCall | StreamCall,
  live: LiveCalls,
  make: (stop: AbortSignal) => AsyncIterable<object>,
): void {
  const stop = new AbortController();
  const forget = live.add((details) => {
    stop.abort();
    failCall(call, { code: status.UNAVAILABLE, details });
  });
  call.once("cancelled", () => stop.abort());
  void send(call, make(stop.signal), stop.signal).finally(forget);
}

async function send(
  call: QueryCall | StreamCall,
  parts: AsyncIterable<object>,
  stop: AbortSignal,
): Promise<void> {
  try {
    for await (const part of parts) {
      if (stop.aborted) return;
      if (!call.write(part)) await once(call, "drain", { signal: stop });
    }
    if (!stop.aborted) call.end();
  } catch (thrown) {
    if (!stop.aborted) failCall(call, statusOf(thrown));
  }
}
