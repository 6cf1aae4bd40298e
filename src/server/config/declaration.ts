/**
 * Every setting of `cronosdb serve`, declared once. From a row come the flag (--data-dir), the
 * environment variable (CRONOS_DATA_DIR), the key in the configuration file ("data-dir"), the help
 * text, the default, the check and the type of the value.
 *
 * A default is written as a user would write it and is checked like every other value.
 * Relations between settings, and what is refused for safety, are in server-config.ts.
 */
import { z } from "zod";
import { defaultEngineSettings, fsyncModes } from "../../engine/settings.ts";
import { parseListenAddress } from "./listen-address.ts";
import { formatDuration, formatSize, parseDuration, parseSize } from "./units.ts";

export interface Setting {
  /** What stands for the value in help texts. */
  readonly form: string;
  readonly default: string;
  readonly help: string;
  /** Takes the text (or the file's JSON value) and gives the value, or says what was expected. */
  readonly check: z.ZodType;
}

export const logLevels = ["trace", "debug", "info", "warn", "error", "silent"] as const;

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
  error: "letters, digits, '.', '_' and '-', at most 63, a letter or digit first",
});
const path = z.string().min(1, { error: "a path" });
const address = parsed(parseListenAddress, "host:port, :port (loopback) or off");
const flag = z.union([z.boolean(), z.literal(["true", "false", "1", "0"])], {
  error: "true or false",
}).transform((value) => value === true || value === "true" || value === "1");

const day = 86_400_000;
const year = 366 * day;
const engine = defaultEngineSettings;

export const declaration = {
  "node-id": {
    form: "name",
    default: engine.nodeId,
    help: "Name of this node in listings and metrics",
    check: name,
  },
  "data-dir": {
    form: "path",
    default: "./data",
    help: "Directory of the database; created if it is missing",
    check: path,
  },
  "grpc-addr": {
    form: "address",
    default: "127.0.0.1:9000",
    help: "Where the gRPC interface listens",
    check: address,
  },
  "http-addr": {
    form: "address",
    default: "127.0.0.1:8080",
    help: "Where the HTTP interface listens",
    check: address,
  },
  "resp-addr": {
    form: "address",
    default: "127.0.0.1:5484",
    help: "Where the RESP interface (the protocol of Redis) listens",
    check: address,
  },
  requirepass: {
    form: "password",
    default: "",
    help: "Password of the RESP interface's default user; better given as CRONOS_REQUIREPASS",
    check: z.string({ error: "a text" }),
  },
  "auth-enabled": {
    form: "",
    default: "false",
    help: "Time series over HTTP need a user of CREATE USER or a key, as with InfluxDB's auth",
    check: flag,
  },
  "tls-cert": {
    form: "file",
    default: "off",
    help: "Certificate (PEM) of the RESP interface, which then speaks TLS; needs tls-key",
    check: path,
  },
  "tls-key": {
    form: "file",
    default: "off",
    help: "Private key (PEM) that belongs to tls-cert",
    check: path,
  },
  "tls-ca": {
    form: "file",
    default: "off",
    help: "Authorities (PEM) that must have signed the certificates of RESP clients",
    check: path,
  },
  "udp-addr": {
    form: "address",
    default: "off",
    help: "Where line protocol over UDP is taken",
    check: address,
  },
  "udp-database": {
    form: "name",
    default: "udp",
    help: "Database that points over UDP go to; they are dropped while it does not exist",
    check: path,
  },
  "udp-precision": {
    form: "unit",
    default: "n",
    help: "Unit of timestamps over UDP: n, u, ms, s, m or h",
    check: z.enum(["n", "u", "ms", "s", "m", "h"], { error: "n, u, ms, s, m or h" }),
  },
  "admin-addr": {
    form: "address",
    default: "off",
    help: "A second listener for health and metrics alone, without the data",
    check: address,
  },
  cluster: {
    form: "servers",
    default: "off",
    help: "Servers of the cluster's log; only off until clusters are supported",
    check: path,
  },
  insecure: {
    form: "",
    default: "false",
    help: "Allow listening beyond loopback although nobody has to authenticate",
    check: flag,
  },
  "partition-count": {
    form: "number",
    default: String(engine.partitionCount),
    help: "Partitions of a topic that is created by its first event",
    check: integer(1, 1024),
  },
  "segment-size": {
    form: "size",
    default: formatSize(engine.segmentBytes),
    help: "Size at which a log segment file is full",
    check: size(2 ** 20, 2 ** 32),
  },
  "index-interval": {
    form: "size",
    default: formatSize(engine.indexIntervalBytes),
    help: "Bytes of log between two entries of a segment's sparse index",
    check: size(2 ** 10, 2 ** 26),
  },
  "fsync-mode": {
    form: "mode",
    default: engine.fsyncMode,
    help:
      "every_event: a sync per write; batch: writes that arrive together share a sync; " +
      "periodic: answered before the sync, which comes every flush-interval",
    check: oneOf(fsyncModes),
  },
  "flush-interval": {
    form: "duration",
    default: formatDuration(engine.flushIntervalMs),
    help: "Time between two syncs in fsync-mode periodic",
    check: duration(1, 60_000),
  },
  "tick-ms": {
    form: "duration",
    default: formatDuration(engine.tickMs),
    help: "Step of the scheduler: how late an event may be at most when nothing else is going on",
    check: duration(1, 1_000),
  },
  "wheel-size": {
    form: "number",
    default: String(engine.wheelSize),
    help: "Steps of the timing wheel",
    check: integer(16, 2 ** 20),
  },
  "ack-timeout": {
    form: "duration",
    default: formatDuration(engine.ackTimeoutMs),
    help: "Time a consumer has to acknowledge a delivery before it goes to another one",
    check: duration(10, day),
  },
  "max-retries": {
    form: "number",
    default: String(engine.maxRetries),
    help: "Deliveries after the first one before an event becomes a dead letter",
    check: integer(0, 1_000),
  },
  "retry-backoff": {
    form: "duration",
    default: formatDuration(engine.retryBackoffMs),
    help: "Wait before the first retry; doubles with each one, at most 1 h",
    check: duration(0, 3_600_000),
  },
  "max-credits": {
    form: "number",
    default: String(engine.maxCredits),
    help: "Most events a subscription may have handed out and not acknowledged",
    check: integer(1, 100_000),
  },
  "dedup-ttl": {
    form: "duration",
    default: formatDuration(engine.dedupTtlMs),
    help: "How long the id of a published event is remembered",
    check: duration(0, 10 * year),
  },
  "memtable-size": {
    form: "size",
    default: formatSize(engine.memtableBytes),
    help: "Rows in memory above which they are written to the base tree",
    check: size(2 ** 14, 2 ** 30),
  },
  "series-head-size": {
    form: "size",
    default: formatSize(engine.seriesHeadBytes),
    help: "Memory of points of time series above which they are sealed into blocks",
    check: size(2 ** 14, 2 ** 32),
  },
  "max-series-per-database": {
    form: "number",
    default: String(engine.seriesPerDatabaseMax),
    help: "Time series that a database may have; 0: no limit",
    check: integer(0, 1_000_000_000),
  },
  "max-values-per-tag": {
    form: "number",
    default: String(engine.valuesPerTagMax),
    help: "Values that a tag of a measurement may have; 0: no limit",
    check: integer(0, 1_000_000_000),
  },
  "query-timeout": {
    form: "duration",
    default: formatDuration(engine.queryTimeoutMs),
    help: "Longest time of a query of time series; 0s: no limit",
    check: duration(0, 7 * day),
  },
  "query-max-concurrent": {
    form: "number",
    default: String(engine.queryConcurrentMax),
    help: "Queries of time series that run at once; 0: no limit",
    check: integer(0, 1_000_000),
  },
  "query-max-series": {
    form: "number",
    default: String(engine.querySeriesMax),
    help: "Series that a SELECT may read; 0: no limit",
    check: integer(0, 1_000_000_000),
  },
  "query-max-points": {
    form: "number",
    default: String(engine.queryPointsMax),
    help: "Points that a SELECT may read; 0: no limit",
    check: integer(0, Number.MAX_SAFE_INTEGER),
  },
  "query-max-buckets": {
    form: "number",
    default: String(engine.queryBucketsMax),
    help: "Groups of time that a SELECT may make of a series; 0: no limit",
    check: integer(0, 1_000_000_000),
  },
  "query-max-held": {
    form: "number",
    default: String(engine.queryHeldMax),
    help: "Values that median() and the like may hold in memory; 0: no limit",
    check: integer(0, 1_000_000_000),
  },
  "query-max-rows": {
    form: "number",
    default: String(engine.queryRowsMax),
    help: "Rows of the answer to a SELECT; 0: no limit",
    check: integer(0, Number.MAX_SAFE_INTEGER),
  },
  "log-level": {
    form: "level",
    default: "info",
    help: "Least severe messages written to standard error",
    check: oneOf(logLevels),
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof declaration;

/** The checked value of every setting. */
export type SettingValues = {
  readonly [Name in SettingName]: z.infer<(typeof declaration)[Name]["check"]>;
};

export const settingNames = Object.keys(declaration) as SettingName[];

/** Tells whether there is a setting of this name. */
export function isSettingName(text: string): text is SettingName {
  return Object.hasOwn(declaration, text);
}

/** The environment variable of a setting: data-dir -> CRONOS_DATA_DIR. */
export function environmentName(setting: string): string {
  return `CRONOS_${setting.toUpperCase().replaceAll("-", "_")}`;
}

/** A value read from text (or from a JSON number) by `parse`. */
function parsed<T>(parse: (text: string) => T | undefined, expected: string) {
  return z.union([z.string(), z.number()], { error: expected }).transform((value, context): T => {
    const result = parse(String(value));
    if (result !== undefined) return result;
    context.addIssue({ code: "custom", message: expected });
    return z.NEVER;
  });
}

function bounded(
  parse: (text: string) => number | undefined,
  { min, max, expected }: { min: number; max: number; expected: string },
) {
  const inBounds = (text: string): number | undefined => {
    const value = parse(text);
    return value === undefined || value < min || value > max ? undefined : value;
  };
  return parsed(inBounds, expected);
}

function integer(min: number, max: number) {
  const parse = (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined);
  return bounded(parse, { min, max, expected: `a whole number from ${min} to ${max}` });
}

function size(min: number, max: number) {
  const expected = `a size such as 64MB, from ${formatSize(min)} to ${formatSize(max)}`;
  return bounded(parseSize, { min, max, expected });
}

function duration(min: number, max: number) {
  const expected = `a duration such as 30s, from ${formatDuration(min)} to ${formatDuration(max)}`;
  return bounded(parseDuration, { min, max, expected });
}

function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: values.join(", ") });
}
