/**
 * Serves routes that speak as InfluxDB 1.x: a part of the listener of its own, so that its bodies
 * and errors are not those of the other routes.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { CronosError } from "../../../base/errors.ts";
import { isCronosError } from "../../../base/errors.ts";
import { httpError } from "../http-errors.ts";
import { callerOf } from "./caller.ts";
import type { InfluxAnswer, InfluxBackend, InfluxRequest, InfluxRoute } from "./influx-route.ts";
import { INFLUX_BODY_BYTES_MAX, influxError, influxVersion } from "./influx-route.ts";
import { goJson } from "./influx-route.ts";

const allMethods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] as const;

export interface InfluxOptions {
  readonly routes: readonly InfluxRoute[];
  readonly backend: InfluxBackend;
  /** Where what ends answers without an end is put, to be called when the server closes. */
  readonly endless?: Set<() => void>;
  onFault(fault: CronosError, request: { readonly method: string; readonly url: string }): void;
}

/** Adds the routes to a server that does not listen yet. */
export function serveInflux(server: FastifyInstance, options: InfluxOptions): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    const read = { parseAs: "buffer", bodyLimit: INFLUX_BODY_BYTES_MAX } as const;
    scope.addContentTypeParser("*", read, (_request, body, done) => done(null, body));
    answerErrors(scope, options);
    for (const each of options.routes) addRoute(scope, each, options);
  });
}

function addRoute(
  scope: FastifyInstance,
  route: InfluxRoute,
  { backend, endless }: InfluxOptions,
): void {
  scope.route({
    method: [...allMethods],
    url: route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
    bodyLimit: INFLUX_BODY_BYTES_MAX,
    handler: async (request, reply) => {
      if (request.method === "OPTIONS") return send(request, reply, { status: 200 });
      const isKnown = route.methods.some((method) => method === request.method);
      if (!isKnown) return send(request, reply, notAllowed(route));
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const asked = requestOf(request, gone.signal);
      const caller = route.isOpen === true ? "nobody" : callerOf(asked, backend.access);
      const answer = await route.handle({ ...asked, caller }, backend);
      const { finish } = answer;
      if (finish !== undefined) {
        endless?.add(finish);
        reply.raw.once("close", () => endless?.delete(finish));
      }
      return send(request, reply, answer);
    },
  });
}

function requestOf(request: FastifyRequest, signal: AbortSignal): Omit<InfluxRequest, "caller"> {
  const query = new Map<string, string>();
  for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    query.set(name, String(first));
  }
  return {
    method: request.method,
    params: request.params as Record<string, string>,
    query,
    headers: request.headers,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    client: `${request.ip}:${request.socket.remotePort ?? 0}`,
    signal,
  };
}

function send(request: FastifyRequest, reply: FastifyReply, answer: InfluxAnswer): FastifyReply {
  const { status, headers = {}, body } = answer;
  reply.code(status).header("content-type", "application/json");
  const asked = request.headers["x-request-id"] ?? request.headers["request-id"];
  const id = typeof asked === "string" && asked !== "" ? asked : request.id;
  reply.header("request-id", id).header("x-request-id", id);
  reply.header("x-influxdb-build", "OSS").header("x-influxdb-version", influxVersion);
  allowOrigin(request, reply);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  const isPlain = typeof body === "object" && Object.getPrototypeOf(body) === Object.prototype;
  return reply.send(isPlain ? `${goJson(body)}\n` : body);
}

function allowOrigin(request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers;
  if (origin === undefined || origin === "") return;
  reply.header("access-control-allow-origin", origin);
  reply.header("access-control-allow-methods", "DELETE, GET, OPTIONS, POST, PUT");
  reply.header(
    "access-control-allow-headers",
    "Accept, Accept-Encoding, Authorization, Content-Length, Content-Type, X-CSRF-Token, " +
      "X-HTTP-Method-Override",
  );
  reply.header("access-control-expose-headers", "Date, X-InfluxDB-Version, X-InfluxDB-Build");
}

function notAllowed({ methods }: InfluxRoute): InfluxAnswer {
  return {
    status: 405,
    headers: {
      allow: ["OPTIONS", ...methods].toSorted().join(", "),
      "content-type": "text/plain; charset=utf-8",
    },
    body: "Method Not Allowed\n",
  };
}

function answerErrors(scope: FastifyInstance, { onFault }: InfluxOptions): void {
  scope.setErrorHandler((thrown, request, reply) => {
    const { status, body, fault } = httpError(thrown);
    if (fault !== undefined) onFault(fault, { method: request.method, url: request.url });
    const text = status === 413 ? "Request Entity Too Large" : body.error.message;
    if (isCronosError(thrown, "UNAUTHENTICATED")) {
      reply.header("www-authenticate", 'Basic realm="InfluxDB"');
    }
    return send(request, reply, influxError(status, text));
  });
}
