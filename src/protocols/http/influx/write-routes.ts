/** Writing line protocol: POST /write of 1.x and POST /api/v2/write as 1.8 has it; and /ping. */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { isCronosError } from "../../../base/errors.ts";
import { writeDenial } from "../../../engine/auth/series-access.ts";
import type { InfluxAnswer, InfluxBackend, InfluxRequest, InfluxRoute } from "./influx-route.ts";
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
    return writeTo({ database, policy: rest.join("/"), precision }, request, backend);
  },
};

const slashMissing = 'is missing a slash; not in "database/retention-policy" format';

async function writeTo(
  target: WriteTarget,
  request: InfluxRequest,
  { writes }: InfluxBackend,
): Promise<InfluxAnswer> {
  const { account } = request;
  const denial = account && writeDenial(account, target.database);
  if (denial !== undefined) return influxError(403, denial);
  const consistency = request.query.get("consistency") ?? "";
  if (!consistencies.has(consistency.toLowerCase())) {
    return influxError(400, "invalid consistency level");
  }
  const lines = await unpacked(request);
  if (!Buffer.isBuffer(lines)) return lines;
  try {
    const { message } = await writes.write({ ...target, lines });
    return message === undefined ? noContent : influxError(400, message);
  } catch (error) {
    return writeError(error, target.database);
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

export const influxWriteRoutes: readonly InfluxRoute[] = [write, writeV2, ping, status];
