/**
 * The database interface: what open() and connect() return.
 */
import type { EventInput, EventSelector, EventsApi, PublishReceipt } from "./events-api.ts";

/** What a transaction function of transact() can do: read its own writes, all or nothing. */
export interface TransactionScope {
  /** Shard time of the transaction, Unix ms. */
  readonly now: number;
  readonly events: {
    publish(event: EventInput): PublishReceipt;
    cancel(selector: EventSelector): number;
    reschedule(selector: EventSelector, at: number): number;
  };
}

export interface Database {
  readonly events: EventsApi;
  /**
   * Runs a synchronous function as one atomic, serializable transaction and resolves with what it
   * returns once that is durable. A throw undoes everything and rejects with what was thrown.
   */
  transact<T>(operation: (tx: TransactionScope) => T): Promise<T>;
  /** Waits for what is in flight, then gives everything back. Calling it twice is fine. */
  close(): Promise<void>;
}
