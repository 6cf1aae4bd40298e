/**
 * The services work in the namespace that a call's metadata name (`cronos-namespace`), in "global"
 * if they name none. Handlers are made for each namespace when the first call asks for it.
 */
import type { Metadata, StatusObject, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { AdminApi } from "../../engine/admin-api.ts";
import { authenticateHeader, requireAccess } from "../../engine/auth/gate.ts";
import { guardedEvents } from "../../engine/auth/guarded-events.ts";
import type { Account } from "../../engine/auth/users.ts";
import { globalNamespace } from "../../engine/session-namespace.ts";
import { statusOf } from "./grpc-status.ts";
import type { GrpcEngine } from "./grpc-engine.ts";

export const namespaceMetadata = "cronos-namespace";

/** Namespaces whose handlers are kept. */
const KEPT_MAX = 1000;

/** The namespace of a call. */
export function calledNamespace(metadata: Metadata): string {
  const [name = ""] = metadata.get(namespaceMetadata);
  return name === "" ? globalNamespace.name : String(name);
}

/** Whose call it is; undefined where nobody asks. Throws UNAUTHENTICATED. */
export function callerOf(engine: GrpcEngine, metadata: Metadata): Account | undefined {
  const { users } = engine;
  const [header] = metadata.get("authorization");
  return users && authenticateHeader(users, header === undefined ? undefined : String(header));
}

/**
 * Handlers that call those that `make` gives for the engine in the namespace of the call, as its
 * user may use it.
 */
export function inCalledNamespace(
  engine: GrpcEngine,
  make: (engine: GrpcEngine) => UntypedServiceImplementation,
): UntypedServiceImplementation {
  const open = make(engine);
  const kept = new Map<string, UntypedServiceImplementation>();
  const owners = new Map<string, Account | undefined>();
  const handlersOf = (metadata: Metadata): UntypedServiceImplementation => {
    const account = callerOf(engine, metadata);
    const isFree = account === undefined || account.access.isUnrestricted;
    const namespace = calledNamespace(metadata);
    if (isFree && (namespace === globalNamespace.name || engine.eventsOf === undefined)) {
      return open;
    }
    const key = `${namespace} ${isFree ? "" : account.name}`;
    let handlers = kept.get(key);
    if (handlers === undefined || (!isFree && owners.get(key) !== account)) {
      handlers = make(partsFor(engine, namespace, isFree ? undefined : account));
      if (kept.size >= KEPT_MAX) kept.clear();
      kept.set(key, handlers);
      owners.set(key, isFree ? undefined : account);
    }
    return handlers;
  };
  const dispatching: UntypedServiceImplementation = {};
  for (const name of Object.keys(open)) {
    dispatching[name] = (call: AnyCall, ...rest: readonly unknown[]) => {
      let handlers: UntypedServiceImplementation;
      try {
        handlers = handlersOf(call.metadata);
      } catch (thrown) {
        const [callback] = rest;
        if (typeof callback === "function") callback(statusOf(thrown));
        else call.emit("error", statusOf(thrown));
        return;
      }
      Reflect.apply(handlerIn(handlers, name), undefined, [call, ...rest]);
    };
  }
  return dispatching;
}

interface AnyCall {
  readonly metadata: Metadata;
  emit(event: "error", status: StatusObject): void;
}

function partsFor(
  engine: GrpcEngine,
  namespace: string,
  account: Account | undefined,
): GrpcEngine {
  const isGlobal = namespace === globalNamespace.name;
  const scoped = isGlobal ? undefined : engine.eventsOf?.(namespace);
  const events = scoped ?? engine.events;
  const encoded = scoped ?? engine.encoded;
  const admin = engine.admin === undefined ? {} : { admin: engine.admin };
  if (account === undefined) return { events, encoded, ...admin };
  const whose = { account, namespace };
  return {
    events: guardedEvents(events, whose),
    encoded: guardedEvents(encoded, whose),
    ...(engine.admin === undefined ? {} : { admin: guardedAdmin(engine.admin, account) }),
  };
}

/** What is about the whole database needs the category admin. */
function guardedAdmin(admin: AdminApi, account: Account): AdminApi {
  const check = (): void => {
    requireAccess(account, {
      command: "config",
      categories: ["admin", "dangerous", "slow"],
      keys: [],
      reads: true,
      writes: true,
      channels: [],
      arePatterns: false,
      namespaces: [],
    });
  };
  return {
    nodeId: admin.nodeId,
    wheel: admin.wheel,
    logStatus: async () => {
      check();
      return admin.logStatus();
    },
    compact: async () => {
      check();
      return admin.compact();
    },
  };
}

function handlerIn(handlers: UntypedServiceImplementation, name: string): () => unknown {
  return handlers[name] as () => unknown;
}
