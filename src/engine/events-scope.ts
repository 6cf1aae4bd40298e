/**
 * Events inside a transaction: the operations of `tx.events` in db.transact().
 */
import { CronosError } from "../base/errors.ts";
import { eventErrorMessage } from "../models/events/event-error.ts";
import type { EventsModel } from "../models/events/events-model.ts";
import { topicRef } from "../models/events/topic-ref.ts";
import type { InNamespace } from "../models/events/topic-ref.ts";
import type { Transaction } from "../shard/transaction.ts";
import type { EventsScope } from "./database-api.ts";
import type { EventInput, EventSelector } from "./events-api.ts";
import { rescheduleTo } from "./event-queries.ts";

/** Binds the model's operations to a running operation. */
export function eventsScope(
  model: EventsModel,
  tx: Transaction,
  namespaceId: number,
): EventsScope {
  const within = (selector: EventSelector): InNamespace<EventSelector> => {
    return { ...selector, topic: topicRef(namespaceId, selector.topic) };
  };
  return {
    publish: (event) => {
      checkEvent(model, event);
      model.list.namespaceId = namespaceId;
      const outcome = model.publish(tx, model.list, false);
      return {
        partition: outcome.partition[0] as number,
        offset: outcome.offset[0] as number,
        at: event.at,
        duplicate: outcome.duplicates > 0,
      };
    },
    cancel: (selector) => model.pending.change(tx, within(selector), { kind: "cancel" }),
    reschedule: (selector, at) => model.pending.change(tx, within(selector), rescheduleTo(at)),
  };
}

/** Encodes the event into the model's list; throws INVALID_ARGUMENT unless it can be published. */
export function checkEvent(model: EventsModel, event: EventInput): void {
  const { list } = model;
  list.encodeAll([event]);
  const error = list.error[0] as number;
  if (error !== 0) throw new CronosError("INVALID_ARGUMENT", eventErrorMessage(error));
}
