/** Events as replies. */
import type { StoredEvent } from "../../engine/events-api.ts";
import type { ReplyWriter } from "./reply-writer.ts";

/** A name and an integer. */
export function writeEntry(reply: ReplyWriter, name: string, value: number): void {
  reply.text(name);
  reply.integer(value);
}

/** An event as a map. */
export function writeEvent(reply: ReplyWriter, event: StoredEvent): void {
  reply.map(8);
  reply.text("topic");
  reply.text(event.topic);
  reply.text("id");
  reply.text(event.id);
  writeEntry(reply, "at", event.at);
  reply.text("payload");
  reply.bulk(event.payload);
  reply.text("meta");
  const meta = Object.entries(event.meta);
  reply.map(meta.length);
  for (const [key, value] of meta) {
    reply.text(key);
    reply.text(value);
  }
  writeEntry(reply, "created_at", event.createdAt);
  writeEntry(reply, "partition", event.partition);
  writeEntry(reply, "offset", event.offset);
}
