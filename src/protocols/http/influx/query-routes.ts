/** Queries: GET and POST /query of 1.x, and /debug/vars. */
import { Readable } from "node:stream";
import { constants, createGzip } from "node:zlib";
import { isCronosError } from "../../../base/errors.ts";
import { whileAllowed } from "../../../engine/auth/while-allowed.ts";
import type { QueryEvent } from "../../../engine/series/query-result.ts";
import type { Statement } from "../../../influxql/ast.ts";
import { parseQuery } from "../../../influxql/parse.ts";
import { showStats, variables } from "./debug-routes.ts";
import { csvText } from "./encode-csv.ts";
import { indentedJson, jsonChunks, jsonDocument } from "./encode-json.ts";
import { msgpackBytes } from "./encode-msgpack.ts";
import { gathered } from "./gather.ts";
import type { InfluxAnswer, InfluxBackend, InfluxRequest, InfluxRoute } from "./influx-route.ts";
import { influxError } from "./influx-route.ts";
import { boundParameters, epochUnit, formParameters } from "./query-parameters.ts";
import { isStreamForm, streamAnswer } from "./stream-answer.ts";

/** Rows that are made into text at a time when the answer is not in pieces. */
const PIECE_ROWS = 1000;
/** Rows of a piece unless chunk_size says otherwise. */
const CHUNK_ROWS = 10_000;
const GZIP_CHUNK_BYTES = 64 * 1024;

const query: InfluxRoute = {
  methods: ["GET", "POST"],
  path: "/query",
  async handle(request, backend) {
    const parameters = formParameters(request);
    const text = (parameters.get("q") ?? "").trim();
    if (text === "") return influxError(400, 'missing required parameter "q"');
    let statements: readonly Statement[];
    try {
      statements = parseQuery(text, boundParameters(parameters.get("params")));
    } catch (error) {
      return influxError(400, error instanceof Error ? error.message : String(error));
    }
    const place = { database: parameters.get("db") ?? "", client: request.client };
    backend.access.authorizeQuery(request.caller, statements, place);
    const asked = { request, parameters, statements, text };
    return parameters.has("stream") ? stream(asked, backend) : answer(asked, backend);
  },
};

const vars: InfluxRoute = {
  methods: ["GET"],
  path: "/debug/vars",
  async handle(request, backend) {
    const { caller, client, signal } = request;
    const statements = [showStats];
    backend.access.authorizeQuery(caller, statements, { database: "", client });
    const asked = { text: "SHOW STATS", database: "", policy: "", isReadOnly: true, signal };
    return variables(backend.queries.run({ ...asked, statements, chunkRows: CHUNK_ROWS }));
  },
};

export const influxQueryRoutes: readonly InfluxRoute[] = [query, vars];

interface Asked {
  readonly request: InfluxRequest;
  readonly parameters: ReadonlyMap<string, string>;
  readonly statements: readonly Statement[];
  readonly text: string;
}

async function answer(asked: Asked, backend: InfluxBackend): Promise<InfluxAnswer> {
  const { request, parameters, statements, text } = asked;
  const isAsync = parameters.get("async") === "true";
  const events = backend.queries.run({
    statements,
    text,
    database: parameters.get("db") ?? "",
    policy: parameters.get("rp") ?? "",
    isReadOnly: request.method === "GET",
    chunkRows:
      parameters.get("chunked") === "true" ? chunkRows(parameters.get("chunk_size")) : PIECE_ROWS,
    isVisible: (name) => backend.access.sees(request.caller, name),
    ...(isAsync ? {} : { signal: request.signal }),
  });
  if (isAsync) {
    void drain(events);
    return { status: 204 };
  }
  try {
    // What is wrong with the query as a whole is known when its first event is asked for.
    const first = await events.next();
    return await encoded(resumed(first, events), asked);
  } catch (error) {
    const isBusy = isCronosError(error, "OVERLOADED");
    if (isBusy || isCronosError(error)) return influxError(isBusy ? 503 : 500, error.message);
    throw error;
  }
}

/** An answer that stays: stream=sse or ndjson; token or Last-Event-ID goes on from there. */
function stream(asked: Asked, backend: InfluxBackend): InfluxAnswer {
  const { request, parameters, statements, text } = asked;
  const form = parameters.get("stream") ?? "";
  const { streams } = backend;
  if (!isStreamForm(form) || streams === undefined) {
    return influxError(400, `invalid stream "${form}": expected sse or ndjson`);
  }
  const last = request.headers["last-event-id"];
  const token = parameters.get("token") ?? (typeof last === "string" ? last : undefined);
  try {
    const items = streams.open({
      text,
      parameters: boundParameters(parameters.get("params")),
      database: parameters.get("db") ?? "",
      policy: parameters.get("rp") ?? "",
      ...(token === undefined || token === "" ? {} : { token }),
    });
    const unit = epochUnit(parameters.get("epoch"));
    const place = { database: parameters.get("db") ?? "", client: request.client };
    const check = (): void => backend.access.authorizeQuery(request.caller, statements, place);
    return streamAnswer(whileAllowed(items, check), { form, unit, clock: streams.clock });
  } catch (error) {
    if (isCronosError(error, "OVERLOADED")) return influxError(503, error.message);
    if (isCronosError(error, "NOT_FOUND")) return influxError(404, error.message);
    return influxError(400, error instanceof Error ? error.message : String(error));
  }
}

async function drain(events: AsyncIterable<QueryEvent>): Promise<void> {
  // Nobody waits for what came of it.
  try {
    for await (const event of events) void event;
  } catch {
    return;
  }
}

/** The events, the first of which was taken already. */
async function* resumed(
  first: IteratorResult<QueryEvent, void>,
  rest: AsyncGenerator<QueryEvent, void, undefined>,
): AsyncGenerator<QueryEvent, void, undefined> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}

async function encoded(
  events: AsyncIterable<QueryEvent>,
  { request, parameters }: Asked,
): Promise<InfluxAnswer> {
  const unit = epochUnit(parameters.get("epoch"));
  const type = resultType(String(request.headers["accept"] ?? ""));
  if (type === "application/x-msgpack") {
    return packed({ type, body: await msgpackBytes(events, unit) }, request);
  }
  if (type === "text/csv") {
    return packed({ type, body: Readable.from(gathered(csvText(events, unit))) }, request);
  }
  if (parameters.get("chunked") === "true") {
    return packed({ type, body: Readable.from(jsonChunks(events, unit)) }, request);
  }
  const document = gathered(jsonDocument(events, unit));
  if (request.query.get("pretty") !== "true") {
    return packed({ type, body: Readable.from(document) }, request);
  }
  let text = "";
  for await (const piece of document) text += piece;
  return packed({ type, body: indentedJson(text) }, request);
}

/** The first type of Accept that is known; JSON for all others. */
function resultType(accept: string): "application/json" | "text/csv" | "application/x-msgpack" {
  for (const part of accept.split(",")) {
    const name = part.split(";", 1)[0]?.trim().toLowerCase();
    if (name === "application/csv" || name === "text/csv") return "text/csv";
    if (name === "application/x-msgpack") return "application/x-msgpack";
    if (name === "application/json") return "application/json";
  }
  return "application/json";
}

/** Packed with gzip for clients that take it. */
function packed(
  { type, body }: { readonly type: string; readonly body: string | Buffer | Readable },
  request: InfluxRequest,
): InfluxAnswer {
  const headers = { "content-type": type };
  if (!/\bgzip\b/i.test(String(request.headers["accept-encoding"] ?? ""))) {
    return { status: 200, headers, body };
  }
  const source = body instanceof Readable ? body : Readable.from([body]);
  // The fastest level: results repeat their texts, which it finds, too.
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: GZIP_CHUNK_BYTES });
  source.on("error", (error) => gzip.destroy(error));
  gzip.on("close", () => source.destroy());
  return {
    status: 200,
    headers: { ...headers, "content-encoding": "gzip" },
    body: source.pipe(gzip),
  };
}

function chunkRows(text: string | undefined): number {
  const rows = Number(text ?? "");
  return Number.isSafeInteger(rows) && rows > 0 ? rows : CHUNK_ROWS;
}
