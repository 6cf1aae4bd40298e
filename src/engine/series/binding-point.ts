/**
 * The point that an event writes through a binding (CREATE BINDING), as a line of line protocol:
 * its time is the event's due time. A payload that is a JSON object gives fields and tags by the
 * names of its members; metadata gives tags, and fields where the payload has no such member.
 */
import { CronosError } from "../../base/errors.ts";
import type { DecodedEvent } from "../../models/events/stored-event.ts";
import { escapedName } from "./line-format.ts";

export interface BindingSpec {
  readonly measurement: string;
  /** Names of what becomes tags; none: all metadata. */
  readonly tags: readonly string[];
  /** Names of what becomes fields; none: every number, text and boolean of the payload. */
  readonly fields: readonly string[];
}

type Scalar = string | number | boolean;

/** The line, without its end. Throws INVALID_ARGUMENT if the event has no field to write. */
export function bindingLine(event: DecodedEvent, spec: BindingSpec): string {
  const payload = readPayload(event);
  const value = (name: string): Scalar | undefined => payload.get(name) ?? event.meta[name];
  const tagNames = spec.tags.length > 0 ? spec.tags : Object.keys(event.meta).toSorted();
  const others = [...payload.keys()].filter((name) => !tagNames.includes(name));
  const fieldNames = spec.fields.length > 0 ? spec.fields : others;
  const tags = tagNames.flatMap((name) => {
    const text = String(value(name) ?? "");
    return text === "" ? [] : [`${escapedName(name)}=${escapedName(text)}`];
  });
  const fields = fieldNames.flatMap((name) => {
    const found = value(name);
    return found === undefined ? [] : [`${escapedName(name)}=${fieldText(found)}`];
  });
  if (fields.length === 0) {
    const wanted = spec.fields.length > 0 ? spec.fields.join(", ") : "a number, text or boolean";
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Event ${JSON.stringify(event.id)} has no field to write: its payload has no ${wanted}`,
    );
  }
  const measurement = spec.measurement.replace(/[, ]/g, "\\$&");
  return `${[measurement, ...tags].join(",")} ${fields.join(",")} ${event.at}`;
}

/** Numbers are floats, whatever they look like: a field must not change its type. */
function fieldText(value: Scalar): string {
  return typeof value === "string" ? `"${value.replace(/["\\]/g, "\\$&")}"` : String(value);
}

/** Members that a point can hold. */
function readPayload({ id, payload }: DecodedEvent): ReadonlyMap<string, Scalar> {
  const members = new Map<string, Scalar>();
  if (payload.length === 0) return members;
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    throw new CronosError("INVALID_ARGUMENT", `Payload of event ${JSON.stringify(id)} is not JSON`);
  }
  if (typeof content === "number") members.set("value", content);
  if (typeof content !== "object" || content === null) return members;
  for (const [name, value] of Object.entries(content) as [string, unknown][]) {
    const isScalar = typeof value === "number" || typeof value === "boolean";
    if (isScalar || typeof value === "string") members.set(name, value);
  }
  return members;
}
