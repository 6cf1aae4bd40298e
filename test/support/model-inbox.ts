/** A subscriber of the events model that keeps what it was handed. */
import type { EventsModel, SubscribeRequest } from "../../src/models/events/events-model.ts";
import type { Delivery, Member, Subscriber } from "../../src/models/events/group.ts";
import { decodeEvent } from "../../src/models/events/stored-event.ts";
import { quiet } from "./engine-fixture.ts";

const defaults: SubscribeRequest = {
  topic: "t",
  group: "g",
  partition: undefined,
  from: "earliest",
  replay: false,
  credits: 100,
  subscriptionId: undefined,
  batchSize: 1,
};

export class ModelInbox implements Subscriber {
  readonly deliveries: Delivery[] = [];
  readonly reasons: string[] = [];
  /** What deliver() answers: false says that the socket is full. */
  hasRoom = true;
  readonly #shown: string[] = [];

  deliver(delivery: Delivery): boolean {
    this.deliveries.push(delivery);
    const ids = delivery.events.map((event) => decodeEvent(event).id).join("+");
    this.#shown.push(`${ids}@${delivery.attempt}`);
    return this.hasRoom;
  }

  ended(reason: string): void {
    this.reasons.push(reason);
  }

  /** What came since the last call: "ids@attempt" of each delivery. */
  take(): string {
    return this.#shown.splice(0).join(" ");
  }

  /** Id of the nth delivery that it was ever handed. */
  idOf(nth: number): string {
    return this.deliveries[nth]?.deliveryId ?? `none-${nth}`;
  }
}

/** Opens a subscription on topic "t" in group "g" and waits for what is there. */
export async function subscribeInbox(
  model: EventsModel,
  request: Partial<SubscribeRequest> = {},
): Promise<{ readonly inbox: ModelInbox; readonly member: Member }> {
  const inbox = new ModelInbox();
  const member = await model.subscribe({ ...defaults, ...request }, inbox);
  await quiet();
  return { inbox, member };
}
