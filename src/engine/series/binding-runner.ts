/**
 * Bindings: each due event of a topic writes a point, in the operation that marks it consumed, so
 * exactly once. A binding is a consumer group of the topic, named "binding:<database>:<name>". What
 * cannot become a point is a failed delivery: tried again, then among the group's dead letters.
 */
import { toCronosError } from "../../base/errors.ts";
import type { EventsModel } from "../../models/events/events-model.ts";
import type { Delivery, Member } from "../../models/events/group.ts";
import { decodeEvent } from "../../models/events/stored-event.ts";
import type { Defined, Definitions } from "../../models/series/definitions.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { bindingLine } from "./binding-point.ts";
import type { BindingSpec } from "./binding-point.ts";
import type { BindingContent } from "./series-models.ts";

/** Events that are handed out and not written yet. */
const CREDITS = 5000;
/** Events of one delivery: they fail together, and one that is no point must not fail others. */
const BATCH_SIZE = 1;

/** A binding as its statement says. */
export interface BindingPlan extends BindingSpec {
  readonly topic: string;
}

export interface BindingRunnerOptions {
  readonly model: EventsModel;
  readonly definitions: Definitions<BindingContent>;
  /** Reads a binding's statement. */
  readonly plan: (binding: Defined<BindingContent>) => BindingPlan;
  /** Writes lines with times in ms into the binding's target. Must not throw. */
  readonly write: (tx: Transaction, binding: Defined<BindingContent>, lines: string) => void;
  /** Why lines could not be written now; undefined: they can. */
  readonly check: (binding: Defined<BindingContent>) => string | undefined;
  readonly warn: (message: string) => void;
}

export class BindingRunner {
  readonly #options: BindingRunnerOptions;
  readonly #running = new Map<string, BoundTopic>();
  #isClosed = false;

  constructor(options: BindingRunnerOptions) {
    this.#options = options;
  }

  /** Starts what is defined and does not run, stops what is not defined any more. */
  changed(): void {
    if (this.#isClosed) return;
    const wanted = new Map(
      this.#options.definitions
        .list()
        .map((each) => [`${each.databaseId} ${each.name} ${each.content.text}`, each]),
    );
    for (const [key, bound] of this.#running) {
      if (wanted.has(key)) continue;
      this.#running.delete(key);
      bound.stop();
    }
    for (const [key, each] of wanted) {
      if (!this.#running.has(key)) this.#running.set(key, new BoundTopic(this.#options, each));
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const bound of this.#running.values()) bound.stop();
    this.#running.clear();
  }
}

/** One binding, a member of its group. */
class BoundTopic {
  readonly #options: BindingRunnerOptions;
  readonly #binding: Defined<BindingContent>;
  readonly #plan: BindingPlan;
  readonly #member: Promise<Member | undefined>;

  constructor(options: BindingRunnerOptions, binding: Defined<BindingContent>) {
    this.#options = options;
    this.#binding = binding;
    this.#plan = options.plan(binding);
    const request = {
      topic: this.#plan.topic,
      group: `binding:${binding.databaseId}:${binding.name}`,
      partition: undefined,
      from: "earliest",
      replay: false,
      credits: CREDITS,
      subscriptionId: undefined,
      batchSize: BATCH_SIZE,
    } as const;
    this.#member = options.model.subscribe(request, this).catch((error: unknown) => {
      this.ended(toCronosError(error).message);
      return undefined;
    });
  }

  stop(): void {
    void this.#member.then((member) => {
      return member === undefined ? undefined : this.#options.model.leave(member);
    });
  }

  deliver(delivery: Delivery): boolean {
    const { model, check, write, warn } = this.#options;
    const { deliveryId } = delivery;
    const settle = (outcome: Parameters<EventsModel["settle"]>[1]): void => {
      model.settle(deliveryId, outcome).catch((error: unknown) => {
        // It is handed out again when its time is up.
        warn(`Binding "${this.#binding.name}": ${toCronosError(error).message}`);
      });
    };
    try {
      const refused = check(this.#binding);
      if (refused !== undefined) throw new Error(refused);
      const lines = delivery.events.map((event) => bindingLine(decodeEvent(event), this.#plan));
      const text = lines.join("\n");
      settle({ ok: true, also: (tx) => write(tx, this.#binding, text) });
    } catch (error) {
      settle({ ok: false, error: toCronosError(error).message });
    }
    return true;
  }

  ended(reason: string): void {
    this.#options.warn(`Binding "${this.#binding.name}" ended: ${reason}`);
  }
}
