/**
 * Writing points: POST /write of 1.x, POST /api/v2/write as 1.8 has it, JSON as 0.8 took it. And
 * /ping.
 */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { isCronosError } from "../../../base/errors.ts";
import type { InfluxAnswer, InfluxBackend, InfluxRequest, InfluxRoute } from "./influx-route.ts";
import { linesOfJson } from "./json-points.ts";
import { influxError, influxVersion } from "./influx-route.ts";

/** Longest body after it was unpacked. */
const UNPACKED_BYTES_MAX = 100_000_000;

const consistencies: ReadonlySet<string> = new Set(["", "any", "one", "quorum", "all"]);
const precisionsV2: ReadonlyMap<string, string> = new Map([
  ["", ""],
  ["ns", "n"],
  ["us", "u"],
  ["ms", "ms"],
  ["s", "s"],
]);

const noContent: InfluxAnswer = { status: 204 };

/** Where the points go. */
interface WriteTarget {
  readonly database: string;
  readonly policy: string;
  readonly precision: string;
}

const write: InfluxRoute = {
  methods: ["POST"],
  path: "/write",
  async handle(request, backend) {
    const { query } = request;
    const database = query.get("db") ?? "";
    if (database === "") return influxError(400, "database is required");
    const target = {
      database,
      policy: query.get("rp") ?? "",
      precision: query.get("precision") ?? "",
    };
    return writeTo(target, request, backend);
  },
};

const writeV2: InfluxRoute = {
  methods: ["POST"],
  path: "/api/v2/write",
  async handle(request, backend) {
    const { query } = request;
    const unit = query.get("precision") ?? "";
    const precision = precisionsV2.get(unit);
    if (precision === undefined) {
      const text = `invalid precision ${JSON.stringify(unit)} (use ns, us, ms or s)`;
      return influxError(400, text);
    }
    const bucket = query.get("bucket") ?? "";
    const [database = "", ...rest] = bucket.split("/");
    if (database === "") {
      const reason = bucket === "" ? slashMissing : "is in db/rp form but has an empty database";
      return influxError(404, `bucket name ${JSON.stringify(bucket)} ${reason}`);
    }
    const target = { database, policy: rest.join("/"), precision };
    return writeTo(target, request, backend);
  },
};

const slashMissing = 'is missing a slash; not in "database/retention-policy" format';

/** The interface of 0.8: JSON, answered with 200 and nothing. */
const writeJson: InfluxRoute = {
  methods: ["POST"],
  path: "/db/{db}/series",
  async handle(request, backend) {
    const { params, query } = request;
    const target = { database: params["db"] ?? "", policy: "", precision: "n" };
    const unit = query.get("time_precision") ?? "";
    const read = (body: Buffer): Buffer => Buffer.from(linesOfJson(body, unit));
    const answer = await writeTo(target, request, { ...backend, read });
    return answer.status === 204 ? { status: 200 } : answer;
  },
};

async function writeTo(
  target: WriteTarget,
  request: InfluxRequest,
  { writes, access, read }: InfluxBackend & { readonly read?: (body: Buffer) => Buffer },
): Promise<InfluxAnswer> {
  const consistency = request.query.get("consistency") ?? "";
  if (!consistencies.has(consistency.toLowerCase())) {
    return influxError(400, "invalid consistency level");
  }
  const body = await unpacked(request);
  if (!Buffer.isBuffer(body)) return body;
  const lines = read === undefined ? body : read(body);
  const { database } = target;
  access.authorizeWrite(request.caller, { database, lines, client: request.client });
  try {
    const { message } = await writes.write({ ...target, lines });
    return message === undefined ? noContent : influxError(400, message);
  } catch (error) {
    return writeError(error, database);
  }
}

/** Telegraf looks for these texts; that an unknown policy is a 500 is a habit it knows, too. */
function writeError(error: unknown, database: string): InfluxAnswer {
  if (!isCronosError(error, "NOT_FOUND")) throw error;
  if (error.message.startsWith("database not found")) {
    return influxError(404, `database not found: ${JSON.stringify(database)}`);
  }
  return influxError(500, error.message);
}

const unpack = promisify(gunzip);

/** The body as text, or the answer to one that cannot be unpacked. */
export async function unpacked({ body, headers }: InfluxRequest): Promise<Buffer | InfluxAnswer> {
  if (headers["content-encoding"] !== "gzip") return body;
  try {
    return await unpack(body, { maxOutputLength: UNPACKED_BYTES_MAX });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ERR_BUFFER_TOO_LARGE") return influxError(413, "Request Entity Too Large");
    return influxError(400, code === "Z_BUF_ERROR" ? "unexpected EOF" : "gzip: invalid header");
  }
}

const ping: InfluxRoute = {
  methods: ["GET", "HEAD"],
  path: "/ping",
  isOpen: true,
  async handle({ query }) {
    const verbose = query.get("verbose") ?? "";
    if (verbose === "" || verbose === "0" || verbose === "false") return noContent;
    return { status: 200, body: { version: influxVersion } };
  },
};

const status: InfluxRoute = { ...ping, path: "/status", handle: async () => noContent };

export const influxWriteRoutes: readonly InfluxRoute[] = [write, writeV2, writeJson, ping, status];
