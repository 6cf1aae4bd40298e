/**
 * Values of the library's operations as messages (DataValue) and back. Both ends use it.
 */
import { CronosError } from "../../base/errors.ts";

/** What an operation takes or gives. */
export type DataValue =
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly DataValue[]
  | { readonly [name: string]: DataValue };

/** DataValue of the proto file; at most one of them is there. */
export interface DataMessage {
  readonly bytes?: Uint8Array;
  readonly text?: string;
  readonly boolean?: boolean;
  readonly number?: number;
  readonly integer?: string;
  readonly list?: { readonly values: readonly DataMessage[] };
  readonly fields?: { readonly values: Readonly<Record<string, DataMessage>> };
}

/** Digits of an integer: the operations' numbers have 64 bits. */
const INTEGER_DIGITS_MAX = 20;
/** Values within values; the operations need three. */
const DEPTH_MAX = 8;

/** The message for a value. */
export function encodeData(value: DataValue | void): DataMessage {
  if (value === undefined) return {};
  if (typeof value === "boolean") return { boolean: value };
  if (typeof value === "number") return { number: value };
  if (typeof value === "bigint") return { integer: value.toString() };
  if (typeof value === "string") return { text: value };
  if (value instanceof Uint8Array) return { bytes: value };
  if (isList(value)) return { list: { values: value.map(encodeData) } };
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  const values = entries.map(([name, each]) => [name, encodeData(each)] as const);
  return { fields: { values: Object.fromEntries(values) } };
}

/** The value in a message. Throws INVALID_ARGUMENT. */
export function decodeData(message: DataMessage, depth = 0): DataValue {
  if (depth > DEPTH_MAX) throw malformed(`at most ${DEPTH_MAX} values within each other`);
  if (message.bytes !== undefined) return Buffer.from(message.bytes);
  if (message.text !== undefined) return message.text;
  if (message.boolean !== undefined) return message.boolean;
  if (message.number !== undefined) return message.number;
  if (message.integer !== undefined) return integerIn(message.integer);
  if (message.list !== undefined) {
    return message.list.values.map((each) => decodeData(each, depth + 1));
  }
  if (message.fields === undefined) return undefined;
  const entries = Object.entries(message.fields.values);
  return Object.fromEntries(entries.map(([name, each]) => [name, decodeData(each, depth + 1)]));
}

function integerIn(text: string): bigint {
  if (text.length <= INTEGER_DIGITS_MAX && /^-?\d+$/.test(text)) return BigInt(text);
  throw malformed(`an integer of at most ${INTEGER_DIGITS_MAX} characters`);
}

function malformed(expected: string): CronosError {
  return new CronosError("INVALID_ARGUMENT", `Invalid data value: expected ${expected}`);
}

function isList(value: object): value is readonly DataValue[] {
  return Array.isArray(value);
}
