/**
 * The rows of the tree of namespaces. Every row key starts with "N" and the number of its kind.
 *
 *   kind        row key after "N" + kind     value
 *   0  next     nothing                      u32: the next id
 *   1  child    parent id u32, name          u32 id, u8 state: 0 live, 1 removed
 *
 * Integers big-endian in keys, little-endian in values; names are UTF-8. Every namespace has its id
 * for ever: what is in it is stored under the id, so that a move rewrites one row. The namespaces
 * at the top have the parent TOP. "global", id 0, is there without a row.
 */
import type { Key } from "../../base/key.ts";
import { keyAfterPrefix, keyFromBytes, keyToBytes, keyU32, keyU8 } from "../../base/key.ts";

const childKind: Key = `N${keyU8(1)}`;
const NAME_AT = 6;

export const nextIdKey: Key = `N${keyU8(0)}`;

/** Parent of the namespaces that have none. */
export const TOP = 0xffffffff;

/** Name and id of the default namespace. */
export const globalName = "global";
export const globalId = 0;

export interface NamespaceRow {
  readonly id: number;
  readonly isRemoved: boolean;
}

export function childKey(parentId: number, name: string): Key {
  return childKind + keyU32(parentId) + keyFromBytes(Buffer.from(name, "utf8"));
}

/** Bounds of the rows of a namespace's children. */
export function childrenOf(parentId: number): { readonly start: Key; readonly end: Key } {
  const start = childKind + keyU32(parentId);
  return { start, end: keyAfterPrefix(start) as Key };
}

export function childName(key: Key): string {
  return keyToBytes(key.slice(NAME_AT)).toString("utf8");
}

export function encodeNamespace({ id, isRemoved }: NamespaceRow): Buffer {
  const bytes = Buffer.allocUnsafe(5);
  bytes.writeUInt32LE(id, 0);
  bytes[4] = isRemoved ? 1 : 0;
  return bytes;
}

export function decodeNamespace(bytes: Uint8Array): NamespaceRow {
  const row = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { id: row.readUInt32LE(0), isRemoved: row[4] === 1 };
}
