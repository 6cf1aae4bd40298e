/**
 * Events inside a transaction: the operations of `tx.events` in db.transact().
 */
import { CronosError } from "../base/errors.ts";
import { eventErrorMessage } from "../models/events/event-error.ts";
import type { EventsModel } from "../models/events/events-model.ts";
import type { Transaction } from "../shard/transaction.ts";
import type { TransactionScope } from "./database-api.ts";
import { rescheduleTo } from "./event-queries.ts";

/** Binds the model's operations to a running operation. */
export function eventsScope(model: EventsModel, tx: Transaction): TransactionScope["events"] {
  return {
    publish: (event) => {
      const { list } = model;
      list.encodeAll([event]);
      if (list.error[0] !== 0) {
        throw new CronosError("INVALID_ARGUMENT", eventErrorMessage(list.error[0] as number));
      }
      const outcome = model.publish(tx, list, false);
      return {
        partition: outcome.partition[0] as number,
        offset: outcome.offset[0] as number,
        at: event.at,
        duplicate: outcome.duplicates > 0,
      };
    },
    cancel: (selector) => model.pending.change(tx, selector, { kind: "cancel" }),
    reschedule: (selector, at) => model.pending.change(tx, selector, rescheduleTo(at)),
  };
}
