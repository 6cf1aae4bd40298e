/**
 * The HTTP listener: serves a table of routes with fastify.
 *
 *   request -> schemas checked (check-request) -> route.handle -> answer
 *                               anything thrown -> http-errors -> answer
 */
import fastify from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { Readable } from "node:stream";
import { CronosError, isCronosError } from "../../base/errors.ts";
import type { AccessRequest } from "../../engine/auth/access-request.ts";
import { authenticateHeader, requireAccess } from "../../engine/auth/gate.ts";
import { guardedSeriesKeys } from "../../engine/auth/guarded-series-keys.ts";
import { binary, guardedEvents } from "../../engine/auth/guarded-events.ts";
import type { Account } from "../../engine/auth/users.ts";
import { globalNamespace } from "../../engine/session-namespace.ts";
import { checkedRequest, invalid } from "./check-request.ts";
import { httpError, retryAfterSeconds } from "./http-errors.ts";
import type { InfluxOptions } from "./influx/serve-influx.ts";
import { serveInflux } from "./influx/serve-influx.ts";
import { OpenConnections } from "./open-connections.ts";
import { isInNamespace, namespaceParameter, seriesPath } from "./route.ts";
import type { HttpBackend, Route, RouteAnswer } from "./route.ts";

/** Routes that take large bodies say so; this is for the rest. */
const bodyBytesMaxDefault = 1024 * 1024;
/** A topic of 255 characters, each percent-encoded as up to 12. */
const paramCharsMax = 255 * 12;
/** Time to receive a whole request; keeps connections that send nothing from piling up. */
const requestMsMax = 120_000;
/** How long close() waits for clients that take their time over an answer. */
const drainMsMax = 5_000;

/** What was asked and how it went, for metrics. */
export interface HttpObservation {
  readonly method: string;
  /** The route's path, "other" when there is none. */
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
}

export interface HttpOptions {
  readonly host: string;
  /** 0 = a free one. */
  readonly port: number;
  readonly routes: readonly Route[];
  readonly backend: HttpBackend;
  /** Routes that speak as InfluxDB does, and what they work on. */
  readonly influx?: Pick<InfluxOptions, "routes" | "backend">;
  /** Called for faults that are not the caller's. */
  onFault(fault: CronosError, request: { readonly method: string; readonly url: string }): void;
  onResponse?(observation: HttpObservation): void;
}

export interface HttpListener {
  readonly host: string;
  readonly port: number;
  /**
   * Takes no new requests, ends subscriptions, resolves when what was asked is answered. Clients
   * that do not take their answers are cut off after some seconds.
   */
  close(): Promise<void>;
}

/** Listens. Rejects with what the system says, e.g. EADDRINUSE. */
export async function listenHttp(options: HttpOptions): Promise<HttpListener> {
  const server = createServer(options);
  await server.listen({ host: options.host, port: options.port });
  const address = server.server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const close = async (): Promise<void> => {
    const { clock } = options.backend;
    const patience = clock.after(drainMsMax, () => server.server.closeAllConnections());
    await server.close();
    patience.cancel();
  };
  return { host: options.host, port, close };
}

/** The server without a socket; tests ask it with inject(). */
export function createServer(options: HttpOptions): FastifyInstance {
  const server = fastify({
    bodyLimit: bodyBytesMaxDefault,
    requestTimeout: requestMsMax,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: paramCharsMax },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, verbose: true } },
  });
  acceptEmptyJson(server);
  const endless = new Set<() => void>();
  for (const each of options.routes) server.route(fastifyRoute(each, options.backend, endless));
  const { influx, onFault } = options;
  if (influx !== undefined) serveInflux(server, { ...influx, onFault, endless });
  endOnClose(server, endless);
  answerErrors(server, options);
  observeResponses(server, options);
  return server;
}

function fastifyRoute(
  each: Route,
  backend: HttpBackend,
  endless: Set<() => void>,
): RouteOptions {
  return {
    method: each.method,
    url: fastifyPath(each.path),
    bodyLimit: each.bodyBytesMax ?? bodyBytesMaxDefault,
    handler: async (request, reply) => {
      const accept = request.headers.accept ?? "";
      const scoped = scopedBackend(each, request, backend);
      const answer = await each.handle({ ...checkedRequest(request, each), accept }, scoped);
      return send(answer, reply, endless);
    },
  };
}

function scopedBackend(
  { path }: Route,
  request: FastifyRequest,
  backend: HttpBackend,
): HttpBackend {
  if (isInNamespace({ path })) return backendFor(request, backend);
  const { seriesKeys, seriesAccess } = backend;
  if (!path.startsWith(seriesPath) || seriesKeys === undefined) return backend;
  if (seriesAccess === undefined) return backend;
  const sender = {
    header: request.headers.authorization,
    client: `${request.ip}:${request.socket.remotePort ?? 0}`,
  };
  return { ...backend, seriesKeys: guardedSeriesKeys(seriesKeys, seriesAccess, sender) };
}

/** Takes the namespace out of the query, and gives what works in it. */
function backendFor(request: FastifyRequest, backend: HttpBackend): HttpBackend {
  const { [namespaceParameter]: namespace, ...query } = request.query as Record<string, unknown>;
  const account =
    backend.users && authenticateHeader(backend.users, request.headers.authorization);
  if (namespace === undefined) return guarded(backend, account, globalNamespace.name);
  request.query = query;
  if (typeof namespace !== "string" || backend.eventsOf === undefined) {
    throw invalid(`query.${namespaceParameter}`, namespace, "the name of a namespace");
  }
  const scoped = { ...backend, events: backend.eventsOf(namespace) };
  return guarded(scoped, account, namespace);
}

/** What the account may use of it. */
function guarded(
  backend: HttpBackend,
  account: Account | undefined,
  namespace: string,
): HttpBackend {
  if (account === undefined || account.access.isUnrestricted) return backend;
  const { stats } = backend;
  const settle = backend.encoded.settleEncoded.bind(backend.encoded);
  const whose = { account, namespace };
  const mayRead = (): void => {
    requireAccess(account, { ...readOnly, namespaces: [binary(namespace)] });
  };
  const mayAck = (): void => {
    requireAccess(account, { ...settling, namespaces: [binary(namespace)] });
  };
  return {
    ...backend,
    events: guardedEvents(backend.events, whose),
    encoded: {
      settleEncoded: async (...args) => {
        mayAck();
        return settle(...args);
      },
    },
    stats: {
      stats: async () => {
        mayRead();
        return stats.stats();
      },
    },
  };
}

const readOnly: AccessRequest = {
  command: "info",
  categories: ["slow"],
  keys: [],
  reads: true,
  writes: false,
  channels: [],
  arePatterns: false,
  namespaces: [],
};
const settling: AccessRequest = {
  ...readOnly,
  command: "event.ack",
  categories: ["write", "event", "slow"],
};

function send(answer: RouteAnswer, reply: FastifyReply, endless: Set<() => void>): FastifyReply {
  const { status, body, contentType, finish } = answer;
  reply.code(status);
  if (contentType !== undefined) reply.header("content-type", contentType);
  if (body instanceof Readable) {
    reply.header("cache-control", "no-store");
    if (finish !== undefined) {
      endless.add(finish);
      body.once("close", () => endless.delete(finish));
    }
  }
  return reply.send(body);
}

/** "{topic}" of OpenAPI is ":topic" of the router. */
function fastifyPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

/** A client that always sends the JSON content type may send no body where none is needed. */
function acceptEmptyJson(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser("error", "error");
  server.removeContentTypeParser(["application/json", "text/plain"]);
  server.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else parse(request, String(body), done);
  });
}

function answerErrors(server: FastifyInstance, { onFault }: HttpOptions): void {
  const answer = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { status, body, fault } = httpError(thrown);
    if (fault !== undefined) onFault(fault, { method: request.method, url: request.url });
    if (isCronosError(thrown, "UNAUTHENTICATED")) {
      reply.header("www-authenticate", 'Basic realm="cronosdb", charset="UTF-8"');
    }
    if (isCronosError(thrown) && thrown.kind === "retry") {
      reply.header("retry-after", retryAfterSeconds);
    }
    return reply.code(status).header("content-type", "application/json; charset=utf-8").send(body);
  };
  server.setErrorHandler(answer);
  server.setNotFoundHandler((request, reply) => {
    const [path = ""] = request.url.split("?", 1);
    const text = `No such path: ${request.method} ${path}; see /openapi.json`;
    return answer(new CronosError("NOT_FOUND", text), request, reply);
  });
}

/** On close: ends the streams that have no end, and each connection with its answer. */
function endOnClose(server: FastifyInstance, endless: ReadonlySet<() => void>): void {
  const connections = new OpenConnections(server.server);
  server.addHook("preClose", async () => {
    for (const finish of endless) finish();
    connections.endWhenIdle();
  });
}

function observeResponses(server: FastifyInstance, options: HttpOptions): void {
  const { onResponse } = options;
  if (onResponse === undefined) return;
  const routes = [...options.routes, ...(options.influx?.routes ?? [])];
  const pathOf = new Map(routes.map(({ path }) => [fastifyPath(path), path]));
  server.addHook("onResponse", async (request, reply) => {
    onResponse({
      method: request.method,
      path: pathOf.get(request.routeOptions.url ?? "") ?? "other",
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
    });
  });
}
