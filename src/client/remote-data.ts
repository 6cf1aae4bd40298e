/**
 * Keys, ordered maps and namespaces over gRPC: the same types, the same answers and errors as in
 * one process. Each call is one request that names the operation, one of those in
 * protocols/grpc/data-operations.ts.
 */
import type { KeyScanOptions, KeysApi } from "../engine/keys-api.ts";
import type { Namespace, NamespacesApi } from "../engine/namespaces-api.ts";
import type { Bytes, ZMapApi } from "../engine/zmap-api.ts";
import { decodeData, encodeData } from "../protocols/grpc/data-values.ts";
import type { DataMessage, DataValue } from "../protocols/grpc/data-values.ts";
import type { RemoteCalls } from "./remote-calls.ts";

/**
 * Runs an operation of the table in a namespace. The caller says what the table says the answer is.
 */
type Call = <Answer>(operation: string, ...args: readonly DataValue[]) => Promise<Answer>;

/** What is in a namespace of the server, but for its events. */
export function remoteNamespace(calls: RemoteCalls, name: string): Omit<Namespace, "events"> {
  const call = callsIn(calls, name);
  return { name, keys: remoteKeys(call), zmap: remoteZMap(call, { calls, name }) };
}

/** The tree of namespaces of the server. */
export function remoteNamespaces(calls: RemoteCalls): NamespacesApi {
  const call = callsIn(calls, "");
  return {
    create: (path) => call("namespaces.create", path),
    exists: (path) => call("namespaces.exists", path),
    list: (path) => call("namespaces.list", path),
    move: (from, to) => call("namespaces.move", from, to),
    remove: (path) => call("namespaces.remove", path),
    purge: (path) => call("namespaces.purge", path),
  };
}

function callsIn(calls: RemoteCalls, namespace: string): Call {
  return async <Answer>(operation: string, ...args: readonly DataValue[]) => {
    const request = { operation, namespace, arguments: args.map(encodeData) };
    return decodeData(await calls.call<DataMessage>("DataService", "Call", request)) as Answer;
  };
}

function remoteKeys(call: Call): KeysApi {
  return {
    get: (key) => call("keys.get", key),
    set: async (key, value, options = {}) => {
      const answer = await call<{ stored: boolean; old?: Buffer }>("keys.set", key, value, {
        ...options,
      });
      return { stored: answer.stored, old: answer.old };
    },
    delete: (...keys) => call("keys.delete", ...keys),
    exists: (...keys) => call("keys.exists", ...keys),
    expire: (key, ms) => call("keys.expire", key, ms),
    ttl: (key) => call("keys.ttl", key),
    persist: (key) => call("keys.persist", key),
    increment: (key, by) => call("keys.increment", key, by),
    type: (key) => call("keys.type", key),
    hash: {
      get: (key, field) => call("keys.hash.get", key, field),
      set: (key, fields) => call("keys.hash.set", key, fields),
      delete: (key, ...fields) => call("keys.hash.delete", key, ...fields),
      getAll: (key) => call("keys.hash.getAll", key),
      increment: (key, field, by) => call("keys.hash.increment", key, field, by),
    },
    scan: (options = {}) => scan(call, options),
  };
}

async function* scan(call: Call, options: KeyScanOptions): AsyncGenerator<Buffer> {
  const { type, ...rest } = options;
  let { after } = options;
  let isEnd = false;
  while (!isEnd) {
    const page: { readonly keys: readonly Buffer[]; readonly isEnd: boolean } = await call(
      "keys.scan",
      { ...rest, after },
      type,
    );
    yield* page.keys;
    after = page.keys.at(-1);
    isEnd = page.isEnd;
  }
}

function remoteZMap(
  call: Call,
  { calls, name }: { readonly calls: RemoteCalls; readonly name: string },
): ZMapApi {
  return {
    get: (key) => call("zmap.get", key),
    set: (key, value) => call("zmap.set", key, value),
    delete: (key) => call("zmap.delete", key),
    deleteRange: (bounds) => call("zmap.deleteRange", { ...bounds }),
    range: (range) => call("zmap.range", { ...range }),
    key: (key, selector) => call("zmap.key", key, selector),
    mutate: (key, kind, param) => call("zmap.mutate", key, kind, param),
    i64: numbers<bigint>(call, "zmap.i64"),
    f64: numbers<number>(call, "zmap.f64"),
    d128: numbers<string>(call, "zmap.d128"),
    watch: async (key: Bytes, { signal } = {}) => {
      const request = { namespace: name, key: typeof key === "string" ? Buffer.from(key) : key };
      await calls.call("DataService", "WatchMap", request, signal);
    },
  };
}

function numbers<T extends bigint | number | string>(
  call: Call,
  type: string,
): {
  get(key: Bytes): Promise<T | undefined>;
  set(key: Bytes, value: T): Promise<void>;
  increment(key: Bytes, delta: T): Promise<void>;
} {
  return {
    get: (key) => call(`${type}.get`, key),
    set: (key, value) => call(`${type}.set`, key, value),
    increment: (key, delta) => call(`${type}.increment`, key, delta),
  };
}
