/**
 * What a request to /query asks for. Parameters come in the URL or in a form; in a form of several
 * parts the query may be a file of the name q.
 */
import type { QueryParameters } from "../../../influxql/bind-parameters.ts";
import type { InfluxRequest } from "./influx-route.ts";

/** Parts of a form of several parts. */
const PARTS_MAX = 100;

/** Parameters by name; what the form says comes before what the URL says. */
export function formParameters(request: InfluxRequest): ReadonlyMap<string, string> {
  const type = String(request.headers["content-type"] ?? "");
  if (request.method !== "POST" || request.body.length === 0) return request.query;
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    const form = new URLSearchParams(request.body.toString("utf8"));
    return withDefaults(firstOfEach(form), request.query);
  }
  const [, quoted, plain] = /^multipart\/form-data\b.*?;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(
    type,
  ) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return request.query;
  return withDefaults(multipartFields(request.body, boundary), request.query);
}

function firstOfEach(form: Iterable<[string, string]>): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of form) if (!fields.has(name)) fields.set(name, value);
  return fields;
}

function withDefaults(
  fields: ReadonlyMap<string, string>,
  others: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map([...others, ...fields]);
}

/** Fields and files by name (RFC 7578). What is not well-formed is passed over. */
function multipartFields(body: Buffer, boundary: string): Map<string, string> {
  const fields = new Map<string, string>();
  const mark = `--${boundary}`;
  // Latin-1 keeps each byte a character, so that contents can be cut out and decoded after.
  const parts = body.toString("latin1").split(mark, PARTS_MAX);
  for (const part of parts.slice(1)) {
    const headEnd = part.indexOf("\r\n\r\n");
    if (part.startsWith("--") || headEnd < 0) continue;
    const [, name] = /;\s*name="([^"]*)"/i.exec(part.slice(0, headEnd)) ?? [];
    if (name === undefined || fields.has(name)) continue;
    const content = part.slice(headEnd + 4).replace(/\r\n$/, "");
    fields.set(name, Buffer.from(content, "latin1").toString("utf8"));
  }
  return fields;
}

/** The bound parameters of `params`, a JSON object. Throws what is wrong with it. */
export function boundParameters(text: string | undefined): QueryParameters {
  if (text === undefined || text === "") return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "bad JSON";
    throw new Error(`error parsing query parameters: ${reason}`, { cause: error });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new Error("error parsing query parameters: expected a JSON object");
  }
  return Object.fromEntries(Object.entries(parsed));
}

/** Nanoseconds of the unit that times are told in; undefined: RFC 3339. Unknown units are ns. */
export function epochUnit(epoch: string | undefined): bigint | undefined {
  if (epoch === undefined || epoch === "") return undefined;
  return epochUnits.get(epoch) ?? 1n;
}

const epochUnits: ReadonlyMap<string, bigint> = new Map([
  ["n", 1n],
  ["ns", 1n],
  ["u", 1000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);
