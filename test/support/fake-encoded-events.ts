/**
 * FakeEvents with the raw side on top: for tests of the gRPC listener and of the client.
 */
import { CronosError } from "../../src/base/errors.ts";
import type {
  EncodedDelivery,
  EncodedEvent,
  EncodedEventsApi,
  EncodedSubscribeOptions,
  EncodedSubscriber,
  EncodedSubscription,
} from "../../src/engine/encoded-events.ts";
import type { BatchReceipt, EventInput, PublishReceipt } from "../../src/engine/events-api.ts";
import type { ReplayOptions } from "../../src/engine/events-api.ts";
import { eventMessage } from "../../src/protocols/grpc/convert-messages.ts";
import type { EventMessage } from "../../src/protocols/grpc/messages.ts";
import { messageDefinition } from "../../src/protocols/grpc/proto-file.ts";
import { FakeEvents } from "./fake-events.ts";

/** A subscription a test can hand deliveries to. */
export interface FakeEncodedSubscription {
  readonly options: EncodedSubscribeOptions;
  readonly subscriber: EncodedSubscriber;
  resumes: number;
  closed: boolean;
}

export class FakeEncodedEvents extends FakeEvents implements EncodedEventsApi {
  readonly encodedSubscriptions: FakeEncodedSubscription[] = [];
  /** The next publish fails with this. */
  failure: CronosError | undefined;

  async publishEncoded(event: Uint8Array): Promise<PublishReceipt> {
    this.#fail();
    const message = messageDefinition("Event").deserialize(Buffer.from(event)) as EventMessage;
    if (message.message_id === "") {
      throw new CronosError("INVALID_ARGUMENT", "message_id is required");
    }
    return this.publish(eventInput(message));
  }

  async publishBatchEncoded(batch: Uint8Array): Promise<BatchReceipt> {
    this.#fail();
    const definition = messageDefinition("PublishBatchRequest");
    const { events } = definition.deserialize(Buffer.from(batch)) as {
      readonly events: readonly EventMessage[];
    };
    const wrong = events.flatMap((event, index) => (event.message_id === "" ? [index] : []));
    const right = events.filter((event) => event.message_id !== "");
    const receipt = await this.publishBatch(right.map(eventInput));
    return {
      ...receipt,
      errors: wrong.map((index) => ({ index, message: "message_id is required" })),
    };
  }

  async *replayEncoded(options: ReplayOptions): AsyncGenerator<EncodedEvent> {
    const { serialize } = messageDefinition("Event");
    for await (const event of this.replay(options)) {
      const { partition, offset, createdAt } = event;
      yield { bytes: serialize(eventMessage(event)), partition, offset, createdAt };
    }
  }

  async subscribeEncoded(
    options: EncodedSubscribeOptions,
    subscriber: EncodedSubscriber,
  ): Promise<EncodedSubscription> {
    if (options.topic === "") throw new CronosError("INVALID_ARGUMENT", "topic is required");
    const held: FakeEncodedSubscription = { options, subscriber, resumes: 0, closed: false };
    this.encodedSubscriptions.push(held);
    return {
      subscriptionId: options.subscriptionId ?? "s",
      ack: async (deliveryId) => this.settleEncoded(deliveryId),
      nack: async (deliveryId) => this.settleEncoded(deliveryId),
      resume: () => held.resumes++,
      close: async () => {
        held.closed = true;
      },
    };
  }

  #fail(): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
  }
}

/** A delivery of events with these ids, at offsets 0, 1, 2 ... of partition 3. */
export function fakeDelivery(deliveryId: string, ids: readonly string[]): EncodedDelivery {
  const codec = messageDefinition("Event");
  const events = ids.map((id, offset) => ({
    bytes: codec.serialize({ message_id: id, topic: "t", payload: Buffer.from(id) }),
    partition: 3,
    offset,
    createdAt: 1_700_000_000_000,
  }));
  return { deliveryId, attempt: 1, ackTimeoutMs: 30_000, events };
}

function eventInput(message: EventMessage): EventInput {
  return {
    topic: message.topic,
    id: message.message_id,
    at: message.schedule_ts,
    payload: message.payload,
    meta: message.meta,
  };
}
