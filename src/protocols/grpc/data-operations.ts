/**
 * The operations of DataService: the library's, by their names. For each, the RESP command that
 * does the same, because that is what access rules speak of.
 */
import type { Database } from "../../engine/database-api.ts";
import type { KeysApi } from "../../engine/keys-api.ts";
import type { NamespacesApi } from "../../engine/namespaces-api.ts";
import type { ZMapApi } from "../../engine/zmap-api.ts";
import { mutationKinds } from "../../models/zmap/mutations.ts";
import { keySelectors } from "../../models/zmap/scan.ts";
import type { DataArguments } from "./data-arguments.ts";
import type { DataValue } from "./data-values.ts";

/** What the operations work on. */
export type DataDatabase = Pick<Database, "namespace" | "namespaces">;

/** Keys that one answer of keys.scan has at most. */
const SCAN_KEYS_MAX = 1000;

export interface DataOperation {
  /** "get", "namespace|create". */
  readonly command: string;
  /** Access categories of the command. */
  readonly categories: readonly string[];
  /** Which arguments are keys. */
  readonly keys: "first" | "all" | "none";
  /** Which arguments are names of namespaces. */
  readonly namespaces: "the request's" | "all";
  run(
    database: DataDatabase,
    namespace: string,
    args: DataArguments,
  ): Promise<DataValue | void>;
}

type Run<Api> = (api: Api, args: DataArguments) => Promise<DataValue | void>;
type KeyArguments = DataOperation["keys"];

/** An operation on keys: command and categories, what it does, which arguments are keys. */
function keys(row: string, run: Run<KeysApi>, keyArguments: KeyArguments = "first"): DataOperation {
  return operation(row, keyArguments, (database, namespace, args) => {
    return run(database.namespace(namespace).keys, args);
  });
}

function zmap(row: string, run: Run<ZMapApi>, keyArguments: KeyArguments = "first"): DataOperation {
  return operation(`${row} zmap`, keyArguments, (database, namespace, args) => {
    return run(database.namespace(namespace).zmap, args);
  });
}

function namespaces(row: string, run: Run<NamespacesApi>): DataOperation {
  const command = `namespace|${row} write namespace slow`;
  const some = operation(command, "none", (database, _namespace, args) => {
    return run(database.namespaces, args);
  });
  return { ...some, namespaces: "all" };
}

function operation(row: string, keyArguments: KeyArguments, run: DataOperation["run"]) {
  const [command = "", ...categories] = row.split(" ");
  const namespacesOf = "the request's" as const;
  return { command, categories, keys: keyArguments, namespaces: namespacesOf, run };
}

const setOptions = {
  ex: "number",
  px: "number",
  keepTtl: "boolean",
  nx: "boolean",
  xx: "boolean",
  get: "boolean",
} as const;
const rangeOptions = { begin: "bytes", end: "bytes", limit: "number", reverse: "boolean" } as const;
const scanOptions = { match: "text", after: "bytes" } as const;

const keyOperations: Readonly<Record<string, DataOperation>> = {
  "keys.get": keys("get read string fast", (api, args) => api.get(args.bytes(0))),
  "keys.set": keys("set write string slow", async (api, args) => {
    return { ...(await api.set(args.bytes(0), args.bytes(1), args.options(2, setOptions))) };
  }),
  "keys.delete": keys(
    "del write keyspace slow",
    (api, args) => api.delete(...args.bytesFrom(0)),
    "all",
  ),
  "keys.exists": keys(
    "exists read keyspace fast",
    (api, args) => api.exists(...args.bytesFrom(0)),
    "all",
  ),
  "keys.expire": keys("pexpire write keyspace fast", (api, args) => {
    return api.expire(args.bytes(0), args.number(1));
  }),
  "keys.ttl": keys("pttl read keyspace fast", (api, args) => api.ttl(args.bytes(0))),
  "keys.persist": keys("persist write keyspace fast", (api, args) => api.persist(args.bytes(0))),
  "keys.increment": keys("incrby write string fast", (api, args) => {
    return api.increment(args.bytes(0), args.optionalInteger(1));
  }),
  "keys.type": keys("type read keyspace fast", (api, args) => api.type(args.bytes(0))),
  "keys.scan": keys("scan read keyspace slow", scan, "none"),
  "keys.hash.get": keys("hget read hash fast", ({ hash }, args) => {
    return hash.get(args.bytes(0), args.bytes(1));
  }),
  "keys.hash.set": keys("hset write hash fast", ({ hash }, args) => {
    return hash.set(args.bytes(0), args.bytesByName(1));
  }),
  "keys.hash.delete": keys("hdel write hash fast", ({ hash }, args) => {
    return hash.delete(args.bytes(0), ...args.bytesFrom(1));
  }),
  "keys.hash.getAll": keys("hgetall read hash slow", async ({ hash }, args) => {
    return (await hash.getAll(args.bytes(0))).map((entry) => ({ ...entry }));
  }),
  "keys.hash.increment": keys("hincrby write hash fast", ({ hash }, args) => {
    return hash.increment(args.bytes(0), args.bytes(1), args.optionalInteger(2));
  }),
};

/** Answers { keys, isEnd }; whoever asks goes on behind the last key. */
async function scan(api: KeysApi, args: DataArguments): Promise<DataValue> {
  const type = args.optionalText(1) === undefined ? undefined : args.word(1, ["string", "hash"]);
  const found: Buffer[] = [];
  const options = { ...args.options(0, scanOptions), ...(type === undefined ? {} : { type }) };
  for await (const key of api.scan(options)) {
    found.push(key);
    if (found.length >= SCAN_KEYS_MAX) return { keys: found, isEnd: false };
  }
  return { keys: found, isEnd: true };
}

const zmapOperations: Readonly<Record<string, DataOperation>> = {
  "zmap.get": zmap("zget read fast", (api, args) => api.get(args.bytes(0))),
  "zmap.set": zmap("zset write fast", (api, args) => api.set(args.bytes(0), args.bytes(1))),
  "zmap.delete": zmap("zdel write fast", (api, args) => api.delete(args.bytes(0))),
  "zmap.deleteRange": zmap(
    "zdelrange write slow",
    (api, args) => api.deleteRange(args.options(0, rangeOptions)),
    "none",
  ),
  "zmap.range": zmap(
    "zgetrange read slow",
    async (api, args) => {
      const entries = await api.range(args.options(0, rangeOptions));
      return entries.map((entry) => ({ ...entry }));
    },
    "none",
  ),
  "zmap.key": zmap("zgetkey read fast", (api, args) => {
    return api.key(args.bytes(0), args.word(1, keySelectors));
  }),
  "zmap.mutate": zmap("zmutate write fast", (api, args) => {
    return api.mutate(args.bytes(0), args.word(1, mutationKinds), args.bytes(2));
  }),
  "zmap.i64.get": zmap("zget.i64 read fast", ({ i64 }, args) => i64.get(args.bytes(0))),
  "zmap.i64.set": zmap("zset.i64 write fast", ({ i64 }, args) => {
    return i64.set(args.bytes(0), args.integer(1));
  }),
  "zmap.i64.increment": zmap("zinc.i64 write fast", ({ i64 }, args) => {
    return i64.increment(args.bytes(0), args.integer(1));
  }),
  "zmap.f64.get": zmap("zget.f64 read fast", ({ f64 }, args) => f64.get(args.bytes(0))),
  "zmap.f64.set": zmap("zset.f64 write fast", ({ f64 }, args) => {
    return f64.set(args.bytes(0), args.number(1));
  }),
  "zmap.f64.increment": zmap("zinc.f64 write fast", ({ f64 }, args) => {
    return f64.increment(args.bytes(0), args.number(1));
  }),
  "zmap.d128.get": zmap("zget.d128 read fast", ({ d128 }, args) => d128.get(args.bytes(0))),
  "zmap.d128.set": zmap("zset.d128 write fast", ({ d128 }, args) => {
    return d128.set(args.bytes(0), args.text(1));
  }),
  "zmap.d128.increment": zmap("zinc.d128 write fast", ({ d128 }, args) => {
    return d128.increment(args.bytes(0), args.text(1));
  }),
};

const namespaceOperations: Readonly<Record<string, DataOperation>> = {
  "namespaces.create": namespaces("create", (api, args) => api.create(args.text(0))),
  "namespaces.exists": namespaces("exists", (api, args) => api.exists(args.text(0))),
  "namespaces.list": namespaces("list", (api, args) => api.list(args.optionalText(0))),
  "namespaces.move": namespaces("move", (api, args) => api.move(args.text(0), args.text(1))),
  "namespaces.remove": namespaces("remove", (api, args) => api.remove(args.text(0))),
  "namespaces.purge": namespaces("purge", (api, args) => api.purge(args.text(0))),
};

export const dataOperations: ReadonlyMap<string, DataOperation> = new Map(
  Object.entries({ ...keyOperations, ...zmapOperations, ...namespaceOperations }),
);
