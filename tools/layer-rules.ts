/**
 * The rules that check-layers.ts enforces: the one table of layers, the doors to the outside that
 * only some folders may use, and the places of the npm packages. Change the shape of the project
 * here, and nowhere else; ARCHITECTURE.md prints the table.
 */

/** A folder of src/ and the folders it may import from, besides itself. */
export interface Layer {
  readonly name: string;
  readonly mayImport: readonly string[];
  readonly holds: string;
}

const ground = ["base", "ports"] as const;
const kept = [...ground, "log", "store", "shard"] as const;
const served = [...kept, "models", "influxql", "cluster", "engine"] as const;

/** From left to right: imports, of values and of types, go to the left only. */
export const layers: readonly Layer[] = [
  {
    name: "base",
    mayImport: [],
    holds: "ordered keys, branded ids, asserts, errors",
  },
  {
    name: "ports",
    mayImport: ["base"],
    holds: "the doors outside: clock, disk, randomness; the real and the simulated ones",
  },
  {
    name: "log",
    mayImport: ground,
    holds: "what makes a record durable: segment files, memory, JetStream",
  },
  {
    name: "store",
    mayImport: ground,
    holds: "the ordered tree: memtable over LMDB and run files, snapshots, flush",
  },
  {
    name: "shard",
    mayImport: [...ground, "log", "store"],
    holds: "one writer: execute, group commit, transactions, observers, recovery",
  },
  {
    name: "models",
    mayImport: kept,
    holds: "rows and operations of each kind of data, as functions over a transaction",
  },
  {
    name: "influxql",
    mayImport: [...kept, "models"],
    holds: "the query language of time series: parser, planner, executor",
  },
  {
    name: "cluster",
    mayImport: kept,
    holds: "leases, slot map, moving shards between nodes",
  },
  {
    name: "engine",
    mayImport: [...kept, "models", "influxql", "cluster"],
    holds: "one open database: shards, models, background work",
  },
  {
    name: "protocols",
    mayImport: served,
    holds: "decode, call the engine, encode: a folder for each wire",
  },
  {
    name: "client",
    mayImport: [...served, "protocols"],
    holds: "the typed client of a server",
  },
  {
    name: "server",
    mayImport: [...served, "protocols", "client"],
    holds: "config, listeners, metrics, health, start and stop",
  },
  {
    name: "cli",
    mayImport: [...served, "protocols", "client", "server"],
    holds: "the commands",
  },
  {
    name: "index.ts",
    mayImport: ["base", "engine", "client"],
    holds: "what users of the package import",
  },
];

/** Something that only some folders may use. */
export interface DoorRule {
  readonly name: string;
  /** Found in code, with comments and strings blanked; or, for a module, in the imports. */
  readonly code?: RegExp;
  readonly module?: RegExp;
  /** Folders of src/ the rule is for; all of them if not given. */
  readonly within?: string;
  readonly insteadUse: string;
  /** Folders or files that may, with the reason. */
  readonly exceptions: readonly { readonly path: string; readonly reason: string }[];
}

const isPort = { path: "src/ports/", reason: "the door itself" };
const isCommand = { path: "src/cli/", reason: "commands talk to the user's machine" };
const isConfig = { path: "src/server/config", reason: "settings come from files and environment" };

/** A name that is not a property of something: `Date` but not `row.Date`. */
function globalName(pattern: string): RegExp {
  return new RegExp(`(?<![\\w.#$])(?:${pattern})`);
}

export const doorRules: readonly DoorRule[] = [
  {
    name: "the machine's time",
    code: globalName(String.raw`Date\.now\b|Date\s*\(\s*\)|performance\.\w+|process\.hrtime\b`),
    insteadUse: "a Clock (src/ports/clock.ts)",
    exceptions: [isPort, isCommand],
  },
  {
    name: "timers",
    code: globalName(String.raw`(?:set|clear)(?:Timeout|Interval)\b`),
    module: /^node:timers/,
    insteadUse: "a Clock (src/ports/clock.ts)",
    exceptions: [isPort, isCommand],
  },
  {
    name: "randomness",
    code: globalName(
      String.raw`Math\.random\b|(?:crypto\.)?random(?:UUID|Bytes|Int)\b|getRandomValues\b`,
    ),
    insteadUse: "a Random (src/ports/random.ts)",
    exceptions: [isPort, isCommand],
  },
  {
    name: "files",
    module: /^node:fs(?:\/|$)/,
    insteadUse: "a Disk (src/ports/disk.ts)",
    exceptions: [
      isPort,
      isCommand,
      isConfig,
      { path: "src/store/lmdb/", reason: "LMDB opens and measures its own files" },
    ],
  },
  {
    name: "the process",
    code: globalName(String.raw`process\.(?!nextTick\b|emitWarning\b)\w+`),
    module: /^node:process$/,
    insteadUse: "an argument that the server or the command passes in",
    exceptions: [
      isPort,
      isCommand,
      { path: "src/server/", reason: "signals, memory, environment" },
    ],
  },
  {
    name: "timing of the event loop",
    code: globalName(String.raw`setImmediate\b|queueMicrotask\b|process\b`),
    within: "src/models/",
    insteadUse: "what the engine passes in",
    exceptions: [],
  },
  {
    name: "Node's modules",
    module: /^node:/,
    within: "src/models/",
    insteadUse: "the transaction, or what the engine passes in",
    exceptions: [],
  },
];

/** An npm package (or a scope, when it ends in "/") and the layers that may import it. */
export interface PackagePlace {
  readonly name: string;
  readonly layers: readonly string[];
}

export const packagePlaces: readonly PackagePlace[] = [
  { name: "lmdb", layers: ["store"] },
  { name: "@nats-io/", layers: ["log", "cluster"] },
  { name: "@grpc/", layers: ["protocols", "client", "server"] },
  { name: "grpc-health-check", layers: ["protocols"] },
  { name: "fastify", layers: ["protocols", "server"] },
  { name: "croner", layers: ["models"] },
  { name: "re2js", layers: ["influxql"] },
  { name: "@msgpack/msgpack", layers: ["protocols"] },
  { name: "zod", layers: ["protocols", "server"] },
  { name: "pino", layers: ["server", "cli"] },
  { name: "prom-client", layers: ["protocols", "server"] },
  { name: "commander", layers: ["cli"] },
];
