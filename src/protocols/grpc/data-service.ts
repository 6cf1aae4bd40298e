/**
 * DataService: keys, ordered maps and namespaces for the library's remote client.
 */
import type {
  ServerUnaryCall,
  UntypedServiceImplementation,
  handleUnaryCall,
  sendUnaryData,
} from "@grpc/grpc-js";
import { CronosError } from "../../base/errors.ts";
import { requireAccess } from "../../engine/auth/gate.ts";
import { binary } from "../../engine/auth/guarded-events.ts";
import type { Account } from "../../engine/auth/users.ts";
import { globalNamespace } from "../../engine/session-namespace.ts";
import { DataArguments } from "./data-arguments.ts";
import { dataOperations } from "./data-operations.ts";
import type { DataDatabase, DataOperation } from "./data-operations.ts";
import { decodeData, encodeData } from "./data-values.ts";
import type { DataMessage, DataValue } from "./data-values.ts";
import type { GrpcEngine } from "./grpc-engine.ts";
import { statusOf } from "./grpc-status.ts";
import type { LiveCalls } from "./live-calls.ts";
import { callerOf } from "./namespace-handlers.ts";
import { unary } from "./unary.ts";

export interface DataRequest {
  readonly operation: string;
  readonly namespace: string;
  readonly arguments: readonly DataMessage[];
}

export interface WatchMapRequest {
  readonly namespace: string;
  readonly key: Uint8Array;
}

export function dataServiceHandlers(
  engine: GrpcEngine & { readonly data: DataDatabase },
  live: LiveCalls,
): UntypedServiceImplementation {
  const { data } = engine;
  return {
    Call: (call: DataCall, callback: sendUnaryData<DataMessage>) => {
      const serve = unary(async (request: DataRequest) => {
        const values = request.arguments.map((each) => decodeData(each));
        const operation = findOperation(request.operation);
        const namespace = namespaceOf(request);
        checkData(callerOf(engine, call.metadata), operation, { values, namespace });
        const args = new DataArguments(request.operation, values);
        return encodeData(await operation.run(data, namespace, args));
      });
      serve(call, callback);
    },
    WatchMap: watchHandler(engine, live),
  };
}

type DataCall = ServerUnaryCall<DataRequest, DataMessage>;

/** Throws PERMISSION_DENIED if the account may not run the operation. */
function checkData(
  account: Account | undefined,
  { command, categories, keys, namespaces }: DataOperation,
  request: { readonly values: readonly DataValue[]; readonly namespace: string },
): void {
  if (account === undefined || account.access.isUnrestricted) return;
  const { values, namespace } = request;
  const writes = categories.includes("write");
  const keyValues = keys === "none" ? [] : keys === "first" ? values.slice(0, 1) : values;
  const names = namespaces === "all" ? values.map(binaryOf) : [binary(namespace)];
  requireAccess(account, {
    command,
    categories,
    keys: keyValues.map(binaryOf),
    // With its option "get", SET reads too; so do increments, which tell the sum.
    reads: !writes || ["set", "incrby", "hincrby"].includes(command),
    writes,
    channels: [],
    arePatterns: false,
    namespaces: names,
  });
}

function binaryOf(value: DataValue): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  return binary(String(value ?? ""));
}

/** Throws INVALID_ARGUMENT when there is none of the name. */
export function findOperation(name: string): DataOperation {
  const operation = dataOperations.get(name);
  if (operation !== undefined) return operation;
  throw new CronosError("INVALID_ARGUMENT", `Call ${JSON.stringify(name)}: no such operation`);
}

/** The full name of the namespace of a request. */
export function namespaceOf({ namespace }: { readonly namespace: string }): string {
  return namespace === "" ? globalNamespace.name : namespace;
}

const zwatch: DataOperation = {
  command: "zwatch",
  categories: ["read", "zmap", "blocking", "slow"],
  keys: "first",
  namespaces: "the request's",
  run: async () => undefined,
};

/** A watch ends with a change, with the client, or with the server. */
function watchHandler(
  engine: GrpcEngine & { readonly data: DataDatabase },
  live: LiveCalls,
): handleUnaryCall<WatchMapRequest, object> {
  return (call, callback) => {
    const namespace = namespaceOf(call.request);
    try {
      const values = [call.request.key];
      checkData(callerOf(engine, call.metadata), zwatch, { values, namespace });
    } catch (thrown) {
      callback(statusOf(thrown));
      return;
    }
    const end = new AbortController();
    const forget = live.add((reason) => end.abort(new CronosError("UNAVAILABLE", reason)));
    call.once("cancelled", () => end.abort(new CronosError("CLOSED", "Watch was cancelled")));
    const { zmap } = engine.data.namespace(namespace);
    zmap
      .watch(call.request.key, { signal: end.signal })
      .then(
        () => callback(null, {}),
        (thrown: unknown) => callback(statusOf(thrown)),
      )
      .finally(forget);
  };
}
