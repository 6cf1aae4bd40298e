/**
 * The routes that speak as InfluxDB 1.x does: bodies of any content type come as bytes, answers are
 * in its own form, errors are {"error": "…"} with the text in a header too. They stand beside the
 * table of our own routes and are not in /openapi.json; docs/http.md tells them.
 */
import type { Readable } from "node:stream";
import type { SeriesAccess, SeriesCaller } from "../../../engine/auth/series-access.ts";
import type { QueryService } from "../../../engine/series/query-service.ts";
import type { SeriesStreams } from "../../../engine/series/series-streams.ts";
import type { SeriesWriteService } from "../../../engine/series/write-service.ts";
import type { Clock } from "../../../ports/clock.ts";

/** The version of InfluxDB whose manners these routes have. */
export const influxVersion = "1.8.10";

/** Longest body, as it is sent. */
export const INFLUX_BODY_BYTES_MAX = 25_000_000;

/** What the routes work on. */
export interface InfluxBackend {
  readonly access: SeriesAccess;
  readonly writes: Pick<SeriesWriteService, "write">;
  readonly queries: Pick<QueryService, "run" | "registry">;
  /** Queries that stay, and the clock they go by. */
  readonly streams?: { readonly open: SeriesStreams["open"]; readonly clock: Clock };
}

export interface InfluxRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  /** Of a name that is given several times, the first. */
  readonly query: ReadonlyMap<string, string>;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As it was sent: compressed, if it says so. */
  readonly body: Buffer;
  /** Who sends it. */
  readonly caller: SeriesCaller;
  /** What else is known of who sends it: its address. */
  readonly client: string;
  /** Aborted when the client is gone before it has its answer. */
  readonly signal: AbortSignal;
}

export interface InfluxAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: object | string | Buffer | Readable;
  /** Ends a body that has no end: the server closes. */
  readonly finish?: () => void;
}

export interface InfluxRoute {
  readonly methods: readonly ("GET" | "HEAD" | "POST" | "DELETE")[];
  /** As in OpenAPI: /db/{db}/series. */
  readonly path: string;
  /** Asks for no credentials. */
  readonly isOpen?: boolean;
  handle(request: InfluxRequest, backend: InfluxBackend): Promise<InfluxAnswer>;
}

/** An error as 1.x answers it. */
export function influxError(status: number, text: string): InfluxAnswer {
  return {
    status,
    headers: { "x-influxdb-error": headerText(text), "content-type": "application/json" },
    body: `${goJson({ error: text })}\n`,
  };
}

/** JSON as Go writes it: <, > and & are escaped. */
export function goJson(content: object): string {
  return JSON.stringify(content).replaceAll(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

const HEADER_CHARS_MAX = 4096;

/** Text that can stand in a header: on one line, and short. */
function headerText(text: string): string {
  return text.slice(0, HEADER_CHARS_MAX).replaceAll(/[^\x20-\x7e]/g, " ");
}
