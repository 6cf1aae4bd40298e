/** Namespaces for users of the library: the tree of them, and what is in one. */
import type { EventsApi } from "./events-api.ts";
import type { KeysApi } from "./keys-api.ts";
import type { ZMapApi } from "./zmap-api.ts";

/** The tree of namespaces. Paths are names joined by dots: "shop.orders". */
export interface NamespacesApi {
  /** Creates those above, too. ALREADY_EXISTS if it is there. */
  create(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Names of those right below one, or at the top. */
  list(path?: string): Promise<string[]>;
  /** Gives one, with all in and below it, another path. */
  move(from: string, to: string): Promise<void>;
  /** Takes one, and all below it, out of use until it is purged. */
  remove(path: string): Promise<void>;
  /** Deletes a removed one with all in and below it. */
  purge(path: string): Promise<void>;
}

/** What is in a namespace. Calls throw NOT_FOUND while there is none of that name. */
export interface Namespace {
  readonly name: string;
  readonly events: EventsApi;
  readonly keys: KeysApi;
  readonly zmap: ZMapApi;
}
