/**
 * Looking at stored events and changing pending ones, as EventsApi shows it.
 */
import { CronosError } from "../base/errors.ts";
import { keyU48Max } from "../base/key.ts";
import { eventError, eventErrorMessage } from "../models/events/event-error.ts";
import type { EventsModel } from "../models/events/events-model.ts";
import { findBlock } from "../models/events/lookup.ts";
import type { PendingChange } from "../models/events/pending-changes.ts";
import { listPending } from "../models/events/pending-list.ts";
import { positionBefore } from "../models/events/pending-merge.ts";
import type { TimePosition } from "../models/events/pending-merge.ts";
import { decodeEvent } from "../models/events/stored-event.ts";
import type { InNamespace, TopicRef } from "../models/events/topic-ref.ts";
import type { Shard } from "../shard/shard.ts";
import type { EventSelector, Page, PendingQuery, StoredEvent } from "./events-api.ts";
import type { EngineMetrics } from "./metrics.ts";
import { pageLimit, refuseToken } from "./page.ts";

/** A page token's bytes: due u48, partition u16, offset u48, big-endian. */
const TOKEN_BYTES = 14;

export interface EventQueriesOptions {
  readonly shard: Shard;
  readonly model: EventsModel;
  readonly metrics: EngineMetrics;
}

export class EventQueries {
  readonly #shard: Shard;
  readonly #model: EventsModel;
  readonly #metrics: EngineMetrics;

  constructor(options: EventQueriesOptions) {
    this.#shard = options.shard;
    this.#model = options.model;
    this.#metrics = options.metrics;
  }

  async cancel(selector: InNamespace<EventSelector>): Promise<number> {
    const count = await this.#model.pending.changeAll(selector, { kind: "cancel" });
    if (count > 0) this.#metrics.count("eventsCancelled", count);
    return count;
  }

  async reschedule(selector: InNamespace<EventSelector>, at: number): Promise<number> {
    return this.#model.pending.changeAll(selector, rescheduleTo(at));
  }

  async get(topic: TopicRef, id: string): Promise<StoredEvent | undefined> {
    const place = await this.#model.pending.find(topic, id);
    if (place === undefined) return undefined;
    const { partition, offset } = place;
    const block = findBlock(this.#shard.durable, partition, offset);
    if (block === undefined || block.isGone(offset - block.firstOffset)) return undefined;
    const bytes = block.event(offset - block.firstOffset);
    const { createdAt } = block;
    return decodeEvent({ bytes, partition: partition.number, offset, createdAt });
  }

  async listPending(query: InNamespace<PendingQuery>): Promise<Page<StoredEvent>> {
    const topic = this.#model.catalog.get(query.topic);
    const { from = 0, to = keyU48Max + 1, after } = query;
    checkTime("from", from);
    checkTime("to", to);
    const page = await listPending(this.#model.reads, topic, {
      after: after === undefined ? positionBefore(from) : decodeToken(after),
      to,
      limit: pageLimit(query.limit),
    });
    if (page.next === undefined) return { items: page.items };
    return { items: page.items, next: encodeToken(page.next) };
  }
}

/** The change that moves events to `at`. INVALID_ARGUMENT when it is not a schedule time. */
export function rescheduleTo(at: number): PendingChange {
  if (!Number.isInteger(at) || at <= 0) {
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Reschedule time must be Unix milliseconds, 1 or more: got ${at}`,
    );
  }
  if (at > keyU48Max) {
    throw new CronosError("INVALID_ARGUMENT", eventErrorMessage(eventError.atTooFar));
  }
  return { kind: "reschedule", at };
}

function checkTime(name: string, time: number): void {
  if (Number.isInteger(time) && time >= 0 && time <= keyU48Max + 1) return;
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Listing ${name} must be Unix milliseconds before the year 10889: got ${time}`,
  );
}

function encodeToken({ due, partition, offset }: TimePosition): string {
  const bytes = Buffer.alloc(TOKEN_BYTES);
  bytes.writeUIntBE(due, 0, 6);
  bytes.writeUInt16BE(partition, 6);
  bytes.writeUIntBE(offset, 8, 6);
  return bytes.toString("base64url");
}

function decodeToken(token: string): TimePosition {
  const bytes = Buffer.from(String(token), "base64url");
  if (bytes.length !== TOKEN_BYTES || bytes.toString("base64url") !== token) refuseToken(token);
  return {
    due: bytes.readUIntBE(0, 6),
    partition: bytes.readUInt16BE(6),
    offset: bytes.readUIntBE(8, 6),
  };
}
