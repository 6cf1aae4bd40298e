/**
 * DataService: keys, ordered maps and namespaces for the library's remote client.
 */
import type { UntypedServiceImplementation, handleUnaryCall } from "@grpc/grpc-js";
import { CronosError } from "../../base/errors.ts";
import { globalNamespace } from "../../engine/session-namespace.ts";
import { DataArguments } from "./data-arguments.ts";
import { dataOperations } from "./data-operations.ts";
import type { DataDatabase, DataOperation } from "./data-operations.ts";
import { decodeData, encodeData } from "./data-values.ts";
import type { DataMessage } from "./data-values.ts";
import { statusOf } from "./grpc-status.ts";
import type { LiveCalls } from "./live-calls.ts";
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
  database: DataDatabase,
  live: LiveCalls,
): UntypedServiceImplementation {
  return {
    Call: unary(async (request: DataRequest) => {
      const values = request.arguments.map((each) => decodeData(each));
      const args = new DataArguments(request.operation, values);
      const operation = findOperation(request.operation);
      return encodeData(await operation.run(database, namespaceOf(request), args));
    }),
    WatchMap: watchHandler(database, live),
  };
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

/** A watch ends with a change, with the client, or with the server. */
function watchHandler(
  database: DataDatabase,
  live: LiveCalls,
): handleUnaryCall<WatchMapRequest, object> {
  return (call, callback) => {
    const end = new AbortController();
    const forget = live.add((reason) => end.abort(new CronosError("UNAVAILABLE", reason)));
    call.once("cancelled", () => end.abort(new CronosError("CLOSED", "Watch was cancelled")));
    const { zmap } = database.namespace(namespaceOf(call.request));
    zmap
      .watch(call.request.key, { signal: end.signal })
      .then(
        () => callback(null, {}),
        (thrown: unknown) => callback(statusOf(thrown)),
      )
      .finally(forget);
  };
}
