/**
 * The database interface: what open() and connect() return.
 */
import type { EventInput, EventSelector, EventsApi, PublishReceipt } from "./events-api.ts";
import type { KeysApi, KeysScope } from "./keys-api.ts";
import type { Namespace, NamespacesApi } from "./namespaces-api.ts";
import type { SeriesApi, SeriesScope } from "./series/series-api.ts";
import type { ZMapApi, ZMapScope } from "./zmap-api.ts";

/** Events in a running transaction. */
export interface EventsScope {
  /** Throws INVALID_ARGUMENT for a bad event; a duplicate is told by the receipt. */
  publish(event: EventInput): PublishReceipt;
  /** Removes events that are not due yet, all at once; tells how many. TOO_LARGE if too many. */
  cancel(selector: EventSelector): number;
  /** Moves events that are not due yet to another time, all at once; tells how many. */
  reschedule(selector: EventSelector, at: number): number;
}

/** What a transaction function of transact() can do: it reads its own writes, all or nothing. */
export interface TransactionScope {
  /** Shard time of the transaction, Unix ms. */
  readonly now: number;
  /** The events of the namespace "global". */
  readonly events: EventsScope;
  /** The events of a namespace. Throws NOT_FOUND. */
  eventsIn(namespace: string): EventsScope;
  /** The keys of a namespace; default: "global". Throws NOT_FOUND. */
  keys(namespace?: string): KeysScope;
  /** The ordered map of a namespace; default: "global". Throws NOT_FOUND. */
  zmap(namespace?: string): ZMapScope;
  /** A database of time series. */
  series(database: string): SeriesScope;
}

export interface Database {
  /** The events of the namespace "global". */
  readonly events: EventsApi;
  /** The keys of the namespace "global". */
  readonly keys: KeysApi;
  readonly namespaces: NamespacesApi;
  /** What is in a namespace. It need not be there yet. */
  namespace(name: string): Namespace;
  /** The ordered map of a namespace; default: "global". */
  zmap(namespace?: string): ZMapApi;
  /** A database of time series. It need not be there yet. */
  series(database: string): SeriesApi;
  /**
   * Runs a synchronous function as one atomic, serializable transaction and resolves with what it
   * returns once that is durable. A throw undoes everything and rejects with what was thrown.
   */
  transact<T>(operation: (tx: TransactionScope) => T): Promise<T>;
  /** Waits for what is in flight, then gives everything back. Calling it twice is fine. */
  close(): Promise<void>;
}
