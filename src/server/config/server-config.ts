/**
 * What the server is built from: the settings grouped by the part that uses them, after the checks
 * that concern more than one setting.
 */
import { CronosError } from "../../base/errors.ts";
import { engineSettings } from "../../engine/settings.ts";
import type { EngineSettings } from "../../engine/settings.ts";
import type { SettingValues } from "./declaration.ts";
import type { ListenAddress } from "./listen-address.ts";
import { formatListenAddress, isLoopback } from "./listen-address.ts";

export interface ServerConfig {
  readonly dataDir: string;
  readonly engine: EngineSettings;
  /** Absent: the listener is off. */
  readonly grpc?: ListenAddress;
  readonly http?: ListenAddress;
  readonly resp?: ListenAddress;
  readonly udp?: ListenAddress;
  readonly admin?: ListenAddress;
  /** Where points that come over UDP go, and the unit of their timestamps. */
  readonly udpDatabase: string;
  readonly udpPrecision: string;
  /** Password of the default user of the RESP listener. */
  readonly respPassword?: string;
  /** Time series need credentials even if the default user has no password. */
  readonly requiresAuth: boolean;
  /** Files; absent: the RESP listener does not speak TLS. */
  readonly respTls?: TlsFiles;
  readonly logLevel: SettingValues["log-level"];
}

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Who signs the certificates that clients then must have. */
  readonly ca?: string;
}

/** Groups the settings. Throws INVALID_ARGUMENT for what cannot or should not be served. */
export function serverConfig(values: SettingValues): ServerConfig {
  rejectUnavailable(values);
  rejectPublic(values);
  return Object.freeze({
    dataDir: values["data-dir"],
    engine: engineSettings({
      nodeId: values["node-id"],
      segmentBytes: values["segment-size"],
      indexIntervalBytes: values["index-interval"],
      fsyncMode: values["fsync-mode"],
      flushIntervalMs: values["flush-interval"],
      tickMs: values["tick-ms"],
      wheelSize: values["wheel-size"],
      partitionCount: values["partition-count"],
      ackTimeoutMs: values["ack-timeout"],
      maxRetries: values["max-retries"],
      retryBackoffMs: values["retry-backoff"],
      maxCredits: values["max-credits"],
      dedupTtlMs: values["dedup-ttl"],
      memtableBytes: values["memtable-size"],
      seriesHeadBytes: values["series-head-size"],
      seriesPerDatabaseMax: values["max-series-per-database"],
      valuesPerTagMax: values["max-values-per-tag"],
      queryTimeoutMs: values["query-timeout"],
      queryConcurrentMax: values["query-max-concurrent"],
      querySeriesMax: values["query-max-series"],
      queryPointsMax: values["query-max-points"],
      queryBucketsMax: values["query-max-buckets"],
      queryHeldMax: values["query-max-held"],
      queryRowsMax: values["query-max-rows"],
    }),
    ...listener("grpc", values["grpc-addr"]),
    ...listener("http", values["http-addr"]),
    ...listener("resp", values["resp-addr"]),
    ...listener("udp", values["udp-addr"]),
    ...listener("admin", values["admin-addr"]),
    udpDatabase: values["udp-database"],
    udpPrecision: values["udp-precision"],
    ...(values.requirepass === "" ? {} : { respPassword: values.requirepass }),
    requiresAuth: values["auth-enabled"],
    ...tlsFiles(values),
    logLevel: values["log-level"],
  });
}

const listenerSettings = [
  "grpc-addr",
  "http-addr",
  "resp-addr",
  "udp-addr",
  "admin-addr",
] as const;
/** Where nobody can authenticate, with a password or without. */
const openSettings: ReadonlySet<string> = new Set(["udp-addr", "admin-addr"]);

function listener<Name extends string>(
  name: Name,
  address: ListenAddress | "off",
): { readonly [N in Name]?: ListenAddress } {
  return address === "off" ? {} : ({ [name]: address } as { [N in Name]?: ListenAddress });
}

function tlsFiles(values: SettingValues): Pick<ServerConfig, "respTls"> {
  const { "tls-cert": cert, "tls-key": key, "tls-ca": ca } = values;
  if ((cert === "off") !== (key === "off")) {
    throw refused("tls-cert", cert, "It must be given together with --tls-key");
  }
  if (cert === "off") {
    if (ca === "off") return {};
    throw refused("tls-ca", ca, "It must be given together with --tls-cert and --tls-key");
  }
  return { respTls: { cert, key, ...(ca === "off" ? {} : { ca }) } };
}

/** Settings whose part does not exist must not look as if they had an effect. */
function rejectUnavailable(values: SettingValues): void {
  if (values["data-dir"] === ":memory:") {
    // In memory the clock stands still until a test moves it: nothing would ever fire.
    throw refused("data-dir", ":memory:", "A server keeps its data in a directory");
  }
  if (values.cluster !== "off") {
    throw refused("cluster", values.cluster, "This version runs on one node: leave it off");
  }
}

/** Where nobody authenticates, being reachable from other machines must be asked for by name. */
function rejectPublic(values: SettingValues): void {
  if (values.insecure) return;
  for (const name of listenerSettings) {
    const address = values[name];
    if (address === "off" || isLoopback(address.host)) continue;
    if (!openSettings.has(name) && values.requirepass !== "") continue;
    throw refused(
      name,
      formatListenAddress(address),
      "It can be reached from other machines and asks nobody for a password: " +
        "listen on 127.0.0.1, or allow it with --insecure",
    );
  }
}

function refused(field: string, value: string, expected: string): CronosError {
  return new CronosError("INVALID_ARGUMENT", `Refused --${field} ${value}: ${expected}`, {
    details: { field, value, expected },
  });
}
