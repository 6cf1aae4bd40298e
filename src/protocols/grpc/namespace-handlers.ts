/**
 * The services work in the namespace that a call's metadata name (`cronos-namespace`), in "global"
 * if they name none. Handlers are made for each namespace when the first call asks for it.
 */
import type { Metadata, UntypedServiceImplementation } from "@grpc/grpc-js";
import { globalNamespace } from "../../engine/session-namespace.ts";
import type { GrpcEngine } from "./grpc-engine.ts";

export const namespaceMetadata = "cronos-namespace";

/** Namespaces whose handlers are kept. */
const KEPT_MAX = 1000;

/** The namespace of a call. */
export function calledNamespace(metadata: Metadata): string {
  const [name = ""] = metadata.get(namespaceMetadata);
  return name === "" ? globalNamespace.name : String(name);
}

/** Handlers that call those that `make` gives for the engine in the namespace of the call. */
export function inCalledNamespace(
  engine: GrpcEngine,
  make: (engine: GrpcEngine) => UntypedServiceImplementation,
): UntypedServiceImplementation {
  const global = make(engine);
  const kept = new Map<string, UntypedServiceImplementation>();
  const handlersOf = (namespace: string): UntypedServiceImplementation => {
    if (namespace === globalNamespace.name || engine.eventsOf === undefined) return global;
    let handlers = kept.get(namespace);
    if (handlers === undefined) {
      const events = engine.eventsOf(namespace);
      const { admin } = engine;
      handlers = make({ events, encoded: events, ...(admin === undefined ? {} : { admin }) });
      if (kept.size >= KEPT_MAX) kept.clear();
      kept.set(namespace, handlers);
    }
    return handlers;
  };
  const dispatching: UntypedServiceImplementation = {};
  for (const name of Object.keys(global)) {
    dispatching[name] = (call: { readonly metadata: Metadata }, ...rest: readonly unknown[]) => {
      Reflect.apply(handlerIn(handlersOf(calledNamespace(call.metadata)), name), undefined, [
        call,
        ...rest,
      ]);
    };
  }
  return dispatching;
}

function handlerIn(handlers: UntypedServiceImplementation, name: string): () => unknown {
  return handlers[name] as () => unknown;
}
