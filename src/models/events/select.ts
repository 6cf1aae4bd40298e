/**
 * Which pending events an operation is about: by ids, or by looking at each event.
 */
import { CronosError } from "../../base/errors.ts";
import type { InNamespace } from "./topic-ref.ts";
import { FieldReader } from "./field-reader.ts";
import { findId } from "./stored-event.ts";

/** Most ids of one selector. */
export const SELECTED_IDS_MAX = 100_000;

/** See EventSelector in engine/events-api.ts. */
export interface Selector {
  readonly topic: string;
  readonly ids?: readonly string[];
  readonly prefix?: string;
  readonly meta?: Readonly<Record<string, string>>;
}

/** Tells whether the event in bytes[start … end) is meant. */
export type EventMatcher = (bytes: Buffer, start: number, end: number) => boolean;

export type Selection =
  | { readonly kind: "ids"; readonly ids: ReadonlySet<string> }
  | { readonly kind: "matching"; readonly matches: EventMatcher };

const META = 5;
const reader = new FieldReader();
const entryReader = new FieldReader();

/** Checks a selector. INVALID_ARGUMENT names what is wrong with it. */
export function selectionOf(selector: InNamespace<Selector>): Selection {
  const { ids, prefix, meta } = selector;
  const given = [ids, prefix, meta].filter((part) => part !== undefined).length;
  if (given !== 1) {
    refuse(`must have exactly one of ids, prefix and meta: it has ${given}`);
  }
  if (ids !== undefined) return { kind: "ids", ids: checkedIds(ids) };
  if (prefix !== undefined) return { kind: "matching", matches: prefixMatcher(prefix) };
  return { kind: "matching", matches: metaMatcher(meta ?? {}) };
}

/** Matches events with one of these ids. */
export function idMatcher(ids: ReadonlySet<string>): EventMatcher {
  return (bytes, start, end) => {
    const id = findId(bytes, start, end);
    return ids.has(bytes.toString("utf8", id.start, id.end));
  };
}

function checkedIds(ids: readonly string[]): ReadonlySet<string> {
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === "string")) {
    refuse("ids must be an array of strings");
  }
  if (ids.length > SELECTED_IDS_MAX) {
    refuse(`must have at most ${SELECTED_IDS_MAX} ids: it has ${ids.length}`);
  }
  return new Set(ids);
}

function prefixMatcher(prefix: string): EventMatcher {
  if (typeof prefix !== "string") refuse(`prefix must be a string: got ${typeof prefix}`);
  const wanted = Buffer.from(prefix, "utf8");
  return (bytes, start, end) => {
    const id = findId(bytes, start, end);
    if (id.end - id.start < wanted.length) return false;
    return wanted.compare(bytes, id.start, id.start + wanted.length) === 0;
  };
}

function metaMatcher(meta: Readonly<Record<string, string>>): EventMatcher {
  const tags = Object.entries(meta).map(([key, value]) => {
    if (typeof value !== "string") refuse(`meta value must be a string: ${key} is ${typeof value}`);
    return { key: Buffer.from(key, "utf8"), value: Buffer.from(value, "utf8") };
  });
  if (tags.length === 0) refuse("meta must have at least one tag");
  const holds: boolean[] = [];
  return (bytes, start, end) => {
    for (let i = 0; i < tags.length; i++) holds[i] = false;
    reader.over(bytes, start, end);
    while (reader.next()) {
      if (reader.field !== META || reader.wireType !== 2) continue;
      const entry = readEntry(bytes, reader.start, reader.end);
      for (const [i, { key, value }] of tags.entries()) {
        if (key.compare(bytes, entry.keyStart, entry.keyEnd) !== 0) continue;
        // Of a key that is there twice the last value counts.
        holds[i] = value.compare(bytes, entry.valueStart, entry.valueEnd) === 0;
      }
    }
    return holds.every(Boolean);
  };
}

interface MetaEntry {
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  valueEnd: number;
}

function readEntry(bytes: Buffer, start: number, end: number): MetaEntry {
  const entry = { keyStart: start, keyEnd: start, valueStart: start, valueEnd: start };
  entryReader.over(bytes, start, end);
  while (entryReader.next()) {
    if (entryReader.wireType !== 2) continue;
    if (entryReader.field === 1) {
      entry.keyStart = entryReader.start;
      entry.keyEnd = entryReader.end;
    } else if (entryReader.field === 2) {
      entry.valueStart = entryReader.start;
      entry.valueEnd = entryReader.end;
    }
  }
  return entry;
}

function refuse(problem: string): never {
  throw new CronosError("INVALID_ARGUMENT", `Event selector ${problem}`);
}
