/**
 * The tree of namespaces: operations over its rows.
 *
 *   (absent) ──create──▶ live ──remove──▶ removed ──purge──▶ (absent)
 *                        move: live under another path, with all that is in it and below it
 *
 * What is below a removed namespace is as good as removed. Errors are those of namespace-error.ts;
 * every function throws INVALID_ARGUMENT for a bad path.
 */
import type { Key } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { beingRemoved, invalidNamespace, namespaceExists } from "./namespace-error.ts";
import { noSuchNamespace } from "./namespace-error.ts";
import { DEPTH_MAX, parsePath, tooDeep } from "./namespace-path.ts";
import { childKey, childName, childrenOf, decodeNamespace, encodeNamespace } from "./rows.ts";
import { TOP, globalId, globalName, nextIdKey } from "./rows.ts";
import type { NamespaceRow } from "./rows.ts";

const FIRST_ID = 1;

const globalRow: NamespaceRow = { id: globalId, isRemoved: false };

/** Rows from `start` to before `end`. */
export interface RowRange {
  readonly start: Key;
  readonly end: Key;
}

/** Where a model keeps what is in a namespace. */
export type RangesOf = (namespaceId: number) => readonly RowRange[];

/** The id of a live namespace. Throws NOT_FOUND: it is not there, or it is being removed. */
export function findNamespace(view: ReadView, path: string): number {
  const found = lookup(view, path, parsePath(path));
  if (found === undefined) throw noSuchNamespace(path);
  return found.id;
}

/** Throws NOT_FOUND if it is there, but being removed. */
export function namespaceExistsIn(view: ReadView, path: string): boolean {
  return lookup(view, path, parsePath(path)) !== undefined;
}

/** Creates a namespace and those above it that are missing; returns its id. */
export function createNamespace(tx: Transaction, path: string): number {
  const names = parsePath(path);
  if (lookup(tx, path, names) !== undefined) throw namespaceExists(path);
  return ensure(tx, names);
}

/** Names of the live children, or of the namespaces at the top, in the order of their bytes. */
export function listNamespaces(view: ReadView, path?: string): string[] {
  const { start, end } = childrenOf(path === undefined ? TOP : findNamespace(view, path));
  const names: string[] = [];
  for (const [key, bytes] of view.range(start, end)) {
    if (!decodeNamespace(bytes).isRemoved) names.push(childName(key));
  }
  if (path === undefined) {
    // It has no row that would put it in its place.
    const place = names.findIndex((name) => name > globalName);
    names.splice(place < 0 ? names.length : place, 0, globalName);
  }
  return names;
}

/** Gives a namespace, with everything in and below it, another path. */
export function moveNamespace(tx: Transaction, from: string, to: string): void {
  const [source, target] = [parsePath(from), parsePath(to)];
  refuseDefault(from, "move");
  const row = lookup(tx, from, source);
  if (row === undefined) throw noSuchNamespace(from);
  if (lookup(tx, to, target) !== undefined) throw namespaceExists(to);
  if (source.every((name, at) => name === target[at])) {
    throw invalidNamespace(to, `Cannot move namespace '${from}' into itself: '${to}'`);
  }
  const isDeeper = target.length > source.length;
  if (isDeeper && !fitsInto(tx, row.id, DEPTH_MAX - target.length)) throw tooDeep(to);
  const parentId = ensure(tx, target.slice(0, -1));
  tx.delete(rowKey(tx, source));
  tx.put(childKey(parentId, target.at(-1) as string), encodeNamespace(row));
}

/** Marks a namespace: from now on it and all below it are being removed. */
export function removeNamespace(tx: Transaction, path: string): void {
  const names = parsePath(path);
  refuseDefault(path, "remove");
  const row = lookup(tx, path, names);
  if (row === undefined) throw noSuchNamespace(path);
  tx.put(rowKey(tx, names), encodeNamespace({ id: row.id, isRemoved: true }));
}

export interface PurgeOptions {
  /** Where the data is, one for each model. */
  readonly models: readonly RangesOf[];
  /** At most so many namespaces. */
  readonly limit: number;
  /** Removes what a model has of a namespace that is not ranges of rows alone. */
  readonly onPurge?: undefined | ((tx: Transaction, namespaceId: number) => void);
}

/**
 * Deletes namespaces of a removed subtree, the lowest first, with all that is in them. Tells
 * whether the namespace itself is gone: otherwise there is more to do.
 */
export function purgeNamespace(tx: Transaction, path: string, options: PurgeOptions): boolean {
  const names = parsePath(path);
  refuseDefault(path, "purge");
  const { row, isRemoved } = walk(tx, names);
  if (row === undefined) throw noSuchNamespace(path);
  if (!isRemoved) {
    throw invalidNamespace(path, `Namespace '${path}' must be logically removed before purge`);
  }
  if (purgeBelow(tx, row.id, options) === 0) return false;
  purgeData(tx, row.id, options);
  tx.delete(rowKey(tx, names));
  return true;
}

/** Returns how much of the limit is left; 0: there may be more below. */
function purgeBelow(tx: Transaction, parentId: number, options: PurgeOptions): number {
  const { limit } = options;
  const { start, end } = childrenOf(parentId);
  let left = limit;
  for (const [key, bytes] of tx.range(start, end, { limit })) {
    const { id } = decodeNamespace(bytes);
    left = purgeBelow(tx, id, { ...options, limit: left });
    if (left === 0) return 0;
    purgeData(tx, id, options);
    tx.delete(key);
    if (--left === 0) return 0;
  }
  return left;
}

/** Ranges without rows are left alone: a look is cheaper than a deleted range is for ever. */
function purgeData(tx: Transaction, id: number, { models, onPurge }: PurgeOptions): void {
  onPurge?.(tx, id);
  for (const rangesOf of models) {
    for (const { start, end } of rangesOf(id)) {
      const [some] = tx.range(start, end, { limit: 1 });
      if (some !== undefined) tx.deleteRange(start, end);
    }
  }
}

function refuseDefault(path: string, verb: "move" | "remove" | "purge"): void {
  if (path !== globalName) return;
  throw invalidNamespace(path, `Cannot ${verb} the default namespace: '${path}'`);
}

/** The row at a path; undefined: there is none. Throws if it or one above it is being removed. */
function lookup(view: ReadView, path: string, names: readonly string[]): NamespaceRow | undefined {
  const { row, isRemoved } = walk(view, names);
  if (isRemoved) throw beingRemoved(path);
  return row;
}

/** Follows a path down. It is removed if any namespace on it is, even if it ends there. */
function walk(
  view: ReadView,
  names: readonly string[],
): { readonly row: NamespaceRow | undefined; readonly isRemoved: boolean } {
  let row: NamespaceRow | undefined;
  let parentId = TOP;
  let isRemoved = false;
  for (const name of names) {
    row = child(view, parentId, name);
    if (row === undefined) break;
    isRemoved ||= row.isRemoved;
    parentId = row.id;
  }
  return { row, isRemoved };
}

function child(view: ReadView, parentId: number, name: string): NamespaceRow | undefined {
  if (parentId === TOP && name === globalName) return globalRow;
  const bytes = view.get(childKey(parentId, name));
  return bytes === undefined ? undefined : decodeNamespace(bytes);
}

/** Creates what is missing of a path; returns the id of its end, TOP for the empty path. */
function ensure(tx: Transaction, names: readonly string[]): number {
  let parentId = TOP;
  for (const name of names) {
    let row = child(tx, parentId, name);
    if (row === undefined) {
      row = { id: takeId(tx), isRemoved: false };
      tx.put(childKey(parentId, name), encodeNamespace(row));
    }
    parentId = row.id;
  }
  return parentId;
}

/** The row key of a namespace that is there. */
function rowKey(tx: Transaction, names: readonly string[]): Key {
  const parentId = ensure(tx, names.slice(0, -1));
  return childKey(parentId, names.at(-1) as string);
}

function takeId(tx: Transaction): number {
  const bytes = tx.get(nextIdKey);
  const id =
    bytes === undefined ? FIRST_ID : Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32LE(0);
  tx.reserve(nextIdKey, 4).writeUInt32LE(id + 1, 0);
  return id;
}

/** Whether there are at most `levels` levels of namespaces below one. */
function fitsInto(view: ReadView, id: number, levels: number): boolean {
  const { start, end } = childrenOf(id);
  for (const [, bytes] of view.range(start, end)) {
    if (levels === 0 || !fitsInto(view, decodeNamespace(bytes).id, levels - 1)) return false;
  }
  return true;
}
