/**
 * An ordered map from keys to values in memory: a B+ tree whose nodes are copied on write, so that
 * the tree as it is now can be kept for the price of one pointer.
 *
 * - `capture()` returns the root; that root and everything below it never changes again. Writes
 *   after it copy the nodes on their path (once per capture), so a capture costs nothing by itself.
 * - A node is changed in place only by the tree whose edit token it carries; capture() gives the
 *   token up. Tokens are objects, so two trees that share nodes can never hold the same one.
 * - Branch keys are lower bounds: keys[i] <= every key in children[i] (keys[0] is never looked at).
 * - Keys written in ascending order fill nodes completely: a full node is split at its end then.
 * - Removing a range drops empty nodes but does not rebalance: rows are removed by whole ranges
 *   here (single deletes are stored as tombstones), which leaves at most two thin leaves each.
 *
 * Not here: what values mean (memtable.ts). Why our own and not a library: docs/decisions/0004.
 */
import { must } from "../base/assert.ts";
import type { Key } from "../base/key.ts";

/** Keys per node. 32 makes a copied path cheap and a search short; 64 measured the same. */
const nodeKeysMax = 32;

/** Compared by identity. */
type EditToken = object;

/** A node: a leaf when `children` is undefined. Opaque to users of captured roots. */
export class TreeNode<V> {
  readonly edit: EditToken;
  readonly keys: Key[];
  readonly values: V[];
  readonly children: TreeNode<V>[] | undefined;

  constructor(edit: EditToken, content: Omit<TreeNode<V>, "edit">) {
    this.edit = edit;
    this.keys = content.keys;
    this.values = content.values;
    this.children = content.children;
  }
}

function emptyLeaf<V>(): TreeNode<V> {
  return new TreeNode<V>({}, { keys: [], values: [], children: undefined });
}

/** First position whose key is >= `key`. */
function lowerBound(keys: readonly Key[], key: Key): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as Key) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child that holds `key`, if any child does. */
function childPosition(keys: readonly Key[], key: Key): number {
  let low = 1;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as Key) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Shifts the tail by one; faster than splice for arrays of this size. */
function insertAt<T>(array: T[], position: number, item: T): void {
  array.push(item);
  for (let i = array.length - 1; i > position; i--) array[i] = array[i - 1] as T;
  array[position] = item;
}

/** The value of `key` in the tree under `root`. */
export function treeGet<V>(root: TreeNode<V>, key: Key): V | undefined {
  let node = root;
  while (node.children !== undefined) {
    node = node.children[childPosition(node.keys, key)] as TreeNode<V>;
  }
  const at = lowerBound(node.keys, key);
  return node.keys[at] === key ? node.values[at] : undefined;
}

/** The value of the greatest key that is <= `key` in the tree under `root`. */
export function treeFloor<V>(root: TreeNode<V>, key: Key): V | undefined {
  let node = root;
  let left: TreeNode<V> | undefined;
  while (node.children !== undefined) {
    const position = childPosition(node.keys, key);
    if (position > 0) left = node.children[position - 1];
    node = node.children[position] as TreeNode<V>;
  }
  const at = lowerBound(node.keys, key);
  if (node.keys[at] === key) return node.values[at];
  if (at > 0) return node.values[at - 1];
  // The separators may be lower than what is left below them, so the floor may be one leaf before.
  while (left?.children !== undefined) left = left.children[left.children.length - 1];
  return left?.values[left.values.length - 1];
}

export class OrderedTree<V> {
  #root: TreeNode<V>;
  #edit: EditToken | undefined;
  #size: number;
  #replaced: V | undefined = undefined;

  /** An empty tree, or one that goes on from a captured root that has `size` keys. */
  constructor(root: TreeNode<V> = emptyLeaf<V>(), size = 0) {
    this.#root = root;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** The tree as it is now; it stays so. */
  capture(): TreeNode<V> {
    this.#edit = undefined;
    return this.#root;
  }

  get(key: Key): V | undefined {
    return treeGet(this.#root, key);
  }

  /** The value of the greatest key that is <= `key`. */
  floor(key: Key): V | undefined {
    return treeFloor(this.#root, key);
  }

  /** Sets the value of `key` and returns the one it replaced, if any. */
  set(key: Key, value: V): V | undefined {
    this.#edit ??= {};
    const root = this.#own(this.#root);
    const right = this.#setIn(root, key, value);
    if (right === undefined) {
      this.#root = root;
    } else {
      const keys = ["", right.keys[0] as Key];
      this.#root = new TreeNode(this.#edit, { keys, values: [], children: [root, right] });
    }
    const replaced = this.#replaced;
    this.#replaced = undefined;
    return replaced;
  }

  /** Removes the keys with start <= key < end (no end: to the last), telling each one's value. */
  deleteRange(start: Key, end: Key | undefined, onRemoved: (key: Key, value: V) => void): void {
    if (end !== undefined && end <= start) return;
    this.#edit ??= {};
    let root = this.#own(this.#root);
    this.#removeIn(root, { start, end, onRemoved });
    while (root.children !== undefined && root.children.length === 1) {
      root = root.children[0] as TreeNode<V>;
    }
    this.#root = root.keys.length === 0 ? emptyLeaf<V>() : root;
  }

  #own(node: TreeNode<V>): TreeNode<V> {
    const edit = this.#edit as EditToken;
    if (node.edit === edit) return node;
    return new TreeNode(edit, {
      keys: node.keys.slice(),
      values: node.values.slice(),
      children: node.children?.slice(),
    });
  }

  /** Sets below an owned node; returns the node's new right sibling if it had to be split. */
  #setIn(node: TreeNode<V>, key: Key, value: V): TreeNode<V> | undefined {
    if (node.children === undefined) return this.#setInLeaf(node, key, value);
    const position = childPosition(node.keys, key);
    const before = node.children[position] as TreeNode<V>;
    const child = this.#own(before);
    if (child !== before) node.children[position] = child;
    const right = this.#setIn(child, key, value);
    if (right === undefined) return undefined;
    const at = position + 1;
    const sibling = node.keys.length < nodeKeysMax ? undefined : this.#split(node, at);
    const inLeft = sibling === undefined || at < node.keys.length;
    const target = inLeft ? node : sibling;
    const place = inLeft ? at : at - node.keys.length;
    insertAt(target.keys, place, right.keys[0] as Key);
    insertAt(must(target.children), place, right);
    return sibling;
  }

  #setInLeaf(leaf: TreeNode<V>, key: Key, value: V): TreeNode<V> | undefined {
    const at = lowerBound(leaf.keys, key);
    if (leaf.keys[at] === key) {
      this.#replaced = leaf.values[at] as V;
      leaf.values[at] = value;
      return undefined;
    }
    this.#size++;
    const sibling = leaf.keys.length < nodeKeysMax ? undefined : this.#split(leaf, at);
    const inLeft = sibling === undefined || at < leaf.keys.length;
    const target = inLeft ? leaf : sibling;
    const place = inLeft ? at : at - leaf.keys.length;
    insertAt(target.keys, place, key);
    insertAt(target.values, place, value);
    return sibling;
  }

  /** Moves the right half of a full owned node, or nothing when `at` is its end, to a new node. */
  #split(node: TreeNode<V>, at: number): TreeNode<V> {
    const from = at === node.keys.length ? at : nodeKeysMax >>> 1;
    return new TreeNode(this.#edit as EditToken, {
      keys: node.keys.splice(from),
      values: node.values.splice(from),
      children: node.children?.splice(from),
    });
  }

  #removeIn(node: TreeNode<V>, range: RemovedRange<V>): void {
    const { start, end } = range;
    if (node.children === undefined) {
      const from = lowerBound(node.keys, start);
      const to = end === undefined ? node.keys.length : lowerBound(node.keys, end);
      this.#tellRemoved(node, { ...range, from, to });
      node.keys.splice(from, to - from);
      node.values.splice(from, to - from);
      return;
    }
    const first = childPosition(node.keys, start);
    const last = end === undefined ? node.keys.length - 1 : childPosition(node.keys, end);
    let kept = first;
    for (let i = first; i <= last; i++) {
      let child = node.children[i] as TreeNode<V>;
      if (i > first && i < last) {
        this.#tellAllRemoved(child, range.onRemoved);
        continue;
      }
      child = this.#own(child);
      this.#removeIn(child, range);
      if (child.keys.length === 0) continue;
      node.keys[kept] = node.keys[i] as Key;
      node.children[kept] = child;
      kept++;
    }
    node.keys.splice(kept, last + 1 - kept);
    node.children.splice(kept, last + 1 - kept);
  }

  #tellRemoved(leaf: TreeNode<V>, removed: RemovedSlots<V>): void {
    for (let i = removed.from; i < removed.to; i++) {
      removed.onRemoved(leaf.keys[i] as Key, leaf.values[i] as V);
    }
    this.#size -= removed.to - removed.from;
  }

  #tellAllRemoved(node: TreeNode<V>, onRemoved: (key: Key, value: V) => void): void {
    if (node.children !== undefined) {
      for (const child of node.children) this.#tellAllRemoved(child, onRemoved);
    } else {
      this.#tellRemoved(node, { from: 0, to: node.keys.length, onRemoved });
    }
  }
}

interface RemovedRange<V> {
  readonly start: Key;
  readonly end: Key | undefined;
  readonly onRemoved: (key: Key, value: V) => void;
}

interface RemovedSlots<V> {
  readonly from: number;
  readonly to: number;
  readonly onRemoved: (key: Key, value: V) => void;
}

/**
 * A position in a captured tree. `key` and `value` are those of the position, undefined when it has
 * gone past the end. Moves in both directions; allocates nothing per step.
 */
export class TreeCursor<V> {
  key: Key | undefined = undefined;
  value: V | undefined = undefined;
  readonly #root: TreeNode<V>;
  readonly #branches: TreeNode<V>[] = [];
  readonly #positions: number[] = [];
  #leaf: TreeNode<V>;
  #at = 0;

  constructor(root: TreeNode<V>) {
    this.#root = root;
    this.#leaf = root;
  }

  /** Goes to the first key >= `start`. */
  seek(start: Key): void {
    this.#descend(start);
    this.#at = lowerBound(this.#leaf.keys, start) - 1;
    this.next();
  }

  /** Goes to the last key < `end`, or to the last key. */
  seekBefore(end: Key | undefined): void {
    this.#descend(end);
    const keys = this.#leaf.keys;
    this.#at = end === undefined ? keys.length : lowerBound(keys, end);
    this.previous();
  }

  next(): void {
    while (++this.#at >= this.#leaf.keys.length) {
      if (!this.#nextLeaf(1)) return;
      this.#at = -1;
    }
    this.#read();
  }

  previous(): void {
    while (--this.#at < 0) {
      if (!this.#nextLeaf(-1)) return;
      this.#at = this.#leaf.keys.length;
    }
    this.#read();
  }

  #read(): void {
    this.key = this.#leaf.keys[this.#at];
    this.value = this.#leaf.values[this.#at];
  }

  /** Goes down to the leaf where `key` belongs (undefined: the last leaf). */
  #descend(key: Key | undefined): void {
    this.#branches.length = 0;
    this.#positions.length = 0;
    let node = this.#root;
    while (node.children !== undefined) {
      const position = key === undefined ? node.keys.length - 1 : childPosition(node.keys, key);
      this.#branches.push(node);
      this.#positions.push(position);
      node = node.children[position] as TreeNode<V>;
    }
    this.#leaf = node;
  }

  /** Goes to the neighbouring leaf; false, with the position unset, when there is none. */
  #nextLeaf(step: 1 | -1): boolean {
    for (let level = this.#branches.length - 1; level >= 0; level--) {
      const position = (this.#positions[level] as number) + step;
      const child = this.#branches[level]?.children?.[position];
      if (child === undefined) continue;
      this.#positions[level] = position;
      this.#enter(child, { level: level + 1, step });
      return true;
    }
    this.key = undefined;
    this.value = undefined;
    return false;
  }

  /** Goes down from `child`, which hangs under the branch above `level`, along its near edge. */
  #enter(child: TreeNode<V>, way: { readonly level: number; readonly step: 1 | -1 }): void {
    let node = child;
    for (let level = way.level; node.children !== undefined; level++) {
      const position = way.step > 0 ? 0 : node.keys.length - 1;
      this.#branches[level] = node;
      this.#positions[level] = position;
      node = node.children[position] as TreeNode<V>;
    }
    this.#leaf = node;
  }
}
