/**
 * A route: what it is called, what it takes, what it answers, and the function that does it. The
 * table of routes (routes.ts) is what is served and what /openapi.json says; no other list exists.
 *
 * Paths are written as in OpenAPI: /api/v1/topics/{topic}.
 */
import type { Readable } from "node:stream";
import type { KeyOperations } from "../../engine/auth/guarded-series-keys.ts";
import type { SeriesAccess } from "../../engine/auth/series-access.ts";
import type { Users } from "../../engine/auth/users.ts";
import type { EncodedEventsApi } from "../../engine/encoded-events.ts";
import type { EventsApi } from "../../engine/events-api.ts";
import type { StatsSource } from "../../engine/metrics.ts";
import type { Clock } from "../../ports/clock.ts";
import type { JsonSchema, Schema } from "./schema.ts";
import { object } from "./schema.ts";

/** What the routes work on. */
export interface HttpBackend {
  readonly events: EventsApi;
  /** The events of a namespace. Without it there is "global" alone. */
  eventsOf?(namespace: string): EventsApi;
  /** Who may do what; without it everybody may do everything. */
  readonly users?: Users;
  /** API keys of time series; without it there are none. */
  readonly seriesKeys?: KeyOperations;
  /** Who may have them; without it everybody. */
  readonly seriesAccess?: Pick<SeriesAccess, "authenticate">;
  readonly encoded: Pick<EncodedEventsApi, "settleEncoded">;
  readonly stats: StatsSource;
  readonly clock: Clock;
  /** Why the server should get no traffic now; undefined when it can take it. */
  notReady(): string | undefined;
  /** All metrics as Prometheus text. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** What a route is asked. */
export interface RouteRequest<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** The Accept header, "" when absent. */
  readonly accept: string;
}

/** What a route answers. An object is sent as JSON, text and streams as they are. */
export interface RouteAnswer {
  readonly status: number;
  readonly body: object | string | Readable;
  /** Default: application/json. */
  readonly contentType?: string;
  /** Ends a stream that may have no end of its own; called when the server closes. */
  readonly finish?: () => void;
}

/** One possible answer, as the OpenAPI document tells it. */
export interface RouteResponse {
  readonly description: string;
  /** What each content type looks like. */
  readonly content: Readonly<Record<string, JsonSchema>>;
}

export type RouteMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Route<P = unknown, Q = unknown, B = unknown> {
  readonly method: RouteMethod;
  readonly path: string;
  /** operationId: unique, camelCase, a verb first. */
  readonly name: string;
  readonly tag: string;
  readonly summary: string;
  readonly params: Schema<P>;
  readonly query: Schema<Q>;
  /** Absent: the request has no body. */
  readonly body?: Schema<B>;
  /** No body is the same as an empty object. */
  readonly isBodyOptional?: boolean;
  readonly bodyBytesMax?: number;
  readonly responses: Readonly<Record<number, RouteResponse>>;
  handle(request: RouteRequest<P, Q, B>, backend: HttpBackend): Promise<RouteAnswer>;
}

/** Query parameter of the routes that work on events: the namespace they are in. */
export const namespaceParameter = "namespace";

/** What the paths of time series start with. */
export const seriesPath = "/api/v1/series/";

/** Whether the route works in a namespace. */
export function isInNamespace({ path }: Pick<Route, "path">): boolean {
  return path.startsWith("/api/") && !path.startsWith(seriesPath);
}

const noFields = object({});

/** Completes a route; params, query and body that are not given are empty. */
export function route<P = object, Q = object, B = undefined>(
  definition: Omit<Route<P, Q, B>, "params" | "query"> & {
    readonly params?: Schema<P>;
    readonly query?: Schema<Q>;
  },
): Route {
  // The server calls handle() only with what passed the schemas that P, Q and B come from.
  return { params: noFields, query: noFields, ...definition } as Route;
}

/** A JSON answer of this shape. */
export function json<T>(description: string, schema: Schema<T>): RouteResponse {
  return { description, content: { "application/json": schema.json } };
}

/** Answers 200 with the object as JSON. */
export function ok(body: object): RouteAnswer {
  return { status: 200, body };
}
