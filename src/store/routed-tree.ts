/**
 * One base tree of two: keys with certain prefixes are in `routed`, all others in `main`.
 *
 *   keys     ... "Sb" ......... "Sc" ... "Si" .......... "Sj" ...
 *   trees    main | routed     | main   | routed         | main
 *
 * write() writes the routed rows first and the main ones behind them, so main's applied index is
 * that of the whole: what it says is in both. After a crash in between the records behind it are
 * replayed, which the routed tree may have seen already; they are absolute, so they make it right.
 * A write without routed rows does not touch the routed tree, whose own index says nothing.
 */
import { keyAfterPrefix } from "../base/key.ts";
import type { LogIndex } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import type {
  BaseTree,
  BaseTreeStats,
  Mutation,
  RangeOptions,
  ReadView,
  Row,
  Snapshot,
} from "./base-tree.ts";
import { ImageMutations } from "./memtable.ts";
import { ChainedRows } from "./chained-rows.ts";
import type { RowsPart } from "./chained-rows.ts";
import type { Span } from "./range-tombstones.ts";

export interface RoutedTreeParts {
  readonly main: BaseTree;
  readonly routed: BaseTree;
  /** Prefixes of the keys in `routed`; none begins with another. */
  readonly prefixes: readonly Key[];
}

/** A part of all keys, and the tree that has them. */
interface Route extends Span {
  readonly isRouted: boolean;
}

/** Two views that are read as one. */
class RoutedView implements ReadView {
  readonly #routes: readonly Route[];
  readonly #main: ReadView;
  readonly #routed: ReadView;

  constructor(routes: readonly Route[], main: ReadView, routed: ReadView) {
    this.#routes = routes;
    this.#main = main;
    this.#routed = routed;
  }

  get(key: Key): Uint8Array | undefined {
    return (isRouted(this.#routes, key) ? this.#routed : this.#main).get(key);
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): Iterable<Row> {
    const parts = partsWithin(this.#routes, { start, end });
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) {
      return this.#view(only).range(only.start, only.end, options);
    }
    const { reverse = false } = options;
    const ordered = reverse ? parts.toReversed() : parts;
    const rows = ordered.map((part): RowsPart => {
      return (limit) => this.#view(part).range(part.start, part.end, { reverse, limit });
    });
    return new ChainedRows(rows.values(), options);
  }

  #view(route: Route): ReadView {
    return route.isRouted ? this.#routed : this.#main;
  }
}

export class RoutedTree implements BaseTree {
  readonly #main: BaseTree;
  readonly #routed: BaseTree;
  readonly #routes: readonly Route[];
  readonly #view: ReadView;

  /** Takes both trees over: close() closes them. */
  constructor({ main, routed, prefixes }: RoutedTreeParts) {
    this.#main = main;
    this.#routed = routed;
    this.#routes = routesOf(prefixes);
    this.#view = new RoutedView(this.#routes, main, routed);
  }

  get appliedIndex(): LogIndex {
    return this.#main.appliedIndex;
  }

  get(key: Key): Uint8Array | undefined {
    return this.#view.get(key);
  }

  range(start: Key, end: Key | undefined, options?: RangeOptions): Iterable<Row> {
    return this.#view.range(start, end, options);
  }

  async write(mutations: Iterable<Mutation>, appliedIndex: LogIndex): Promise<void> {
    const routed = mutationsOf(mutations, this.#routes, true);
    const isTouched = routed[Symbol.iterator]().next().done !== true;
    if (isTouched) await this.#routed.write(routed, appliedIndex);
    await this.#main.write(mutationsOf(mutations, this.#routes, false), appliedIndex);
  }

  snapshot(): Snapshot {
    const main = this.#main.snapshot();
    const routed = this.#routed.snapshot();
    const view = new RoutedView(this.#routes, main, routed);
    return {
      get: (key) => view.get(key),
      range: (start, end, options) => view.range(start, end, options),
      release: () => {
        main.release();
        routed.release();
      },
    };
  }

  stats(): BaseTreeStats {
    const [main, routed] = [this.#main.stats(), this.#routed.stats()];
    return {
      bytesOnDisk: main.bytesOnDisk + routed.bytesOnDisk,
      bytesUsed: main.bytesUsed + routed.bytesUsed,
      rows: main.rows + routed.rows,
    };
  }

  async close(): Promise<void> {
    await this.#main.close();
    await this.#routed.close();
  }
}

function routesOf(prefixes: readonly Key[]): Route[] {
  const routes: Route[] = [];
  let start: Key | undefined = "";
  for (const prefix of prefixes.toSorted()) {
    if (start !== undefined && start < prefix) routes.push({ start, end: prefix, isRouted: false });
    const end = keyAfterPrefix(prefix);
    routes.push({ start: prefix, end, isRouted: true });
    start = end;
  }
  if (start !== undefined) routes.push({ start, end: undefined, isRouted: false });
  return routes;
}

function isRouted(routes: readonly Route[], key: Key): boolean {
  for (const { end, isRouted: is } of routes) if (end === undefined || key < end) return is;
  return false;
}

/** The routes that the span has keys of, cut to it. */
function partsWithin(routes: readonly Route[], { start, end }: Span): Route[] {
  const parts: Route[] = [];
  for (const route of routes) {
    if (route.end !== undefined && route.end <= start) continue;
    if (end !== undefined && end <= route.start) break;
    const from = start > route.start ? start : route.start;
    const isCut = end !== undefined && (route.end === undefined || end < route.end);
    const to = isCut ? end : route.end;
    if (to === undefined || from < to) parts.push({ ...route, start: from, end: to });
  }
  return parts;
}

/** What of the mutations is for one of the trees, in the same order. */
function mutationsOf(
  mutations: Iterable<Mutation>,
  routes: readonly Route[],
  forRouted: boolean,
): Iterable<Mutation> {
  const own = routes.filter((route) => route.isRouted === forRouted);
  // A memtable finds them at once; walking over all others would hold the event loop.
  if (mutations instanceof ImageMutations) return mutations.within(own);
  return { [Symbol.iterator]: () => filtered(mutations, own) };
}

function* filtered(
  mutations: Iterable<Mutation>,
  routes: readonly Route[],
): IterableIterator<Mutation> {
  for (const mutation of mutations) {
    if (mutation.kind === "deleteRange") {
      for (const { start, end } of partsWithin(routes, mutation)) {
        yield { kind: "deleteRange", start, end };
      }
    } else if (routes.some((route) => isIn(route, mutation.key))) {
      yield mutation;
    }
  }
}

function isIn({ start, end }: Span, key: Key): boolean {
  return key >= start && (end === undefined || key < end);
}
