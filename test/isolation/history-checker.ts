/**
 * Checks that a history of transactions over list-append is serializable, after Elle (Kingsbury and
 * Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations", 2020).
 *
 * Every value is appended once, so that a read of a list tells the order of the writes before it:
 *
 *   ww  the writer of a value  → the writer of the next one
 *   wr  the writer of a value  → who read the list that ends with it
 *   rw  who read a list        → the writer of the next value, or of any that no read saw
 *   rt  who had ended          → who began later, in a history that knows when
 *
 * A cycle of these among committed transactions is an anomaly; so is a read of a value that nobody
 * committed, or of two lists that are no prefixes of each other.
 */

/** What a transaction did, in order. */
export type Step =
  | { readonly kind: "append"; readonly key: string; readonly value: string }
  | { readonly kind: "read"; readonly key: string; readonly list: readonly string[] };

export interface CommittedTransaction {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Places in the order of all beginnings and answers; without them anything may come first. */
  readonly began?: number;
  readonly ended?: number;
}

/** The first anomaly found, in words; undefined when the history is serializable. */
export function findAnomaly(
  history: readonly CommittedTransaction[],
  /** Values whose transaction may or may not have committed: its answer was lost. */
  unknown: ReadonlySet<string> = new Set(),
): string | undefined {
  const writers = new Map<string, number>();
  for (const [i, { steps }] of history.entries()) {
    for (const step of steps) if (step.kind === "append") writers.set(step.value, i);
  }
  const orders = listOrders(history);
  if (typeof orders === "string") return orders;
  const edges = history.map(() => new Set<number>());
  const add = (from: number | undefined, to: number | undefined): void => {
    if (from !== undefined && to !== undefined && from !== to) edges[from]?.add(to);
  };
  for (const order of orders.values()) {
    for (const [k, value] of order.entries()) {
      const isKnown = writers.has(value) || unknown.has(value);
      if (!isKnown) return `${value} was read but never committed`;
      add(writers.get(value), writers.get(order[k + 1] ?? ""));
    }
  }
  const unread = unreadWriters(history, orders);
  for (const [i, { steps }] of history.entries()) {
    for (const step of steps) if (step.kind === "read") addReadEdges(i, step);
  }
  addRealTimeEdges(history, add);
  return cycleIn(history, edges);

  function addReadEdges(reader: number, step: Step & { readonly kind: "read" }): void {
    const own = new Set(
      history[reader]?.steps.flatMap((each) => (each.kind === "append" ? [each.value] : [])),
    );
    const seen = step.list.filter((value) => !own.has(value));
    add(writers.get(seen.at(-1) ?? ""), reader);
    const order = orders instanceof Map ? (orders.get(step.key) ?? []) : [];
    const next = order[seen.length];
    if (next !== undefined) add(reader, writers.get(next));
    else for (const writer of unread.get(step.key) ?? []) add(reader, writer);
  }
}

/** Who wrote what no read saw: they come behind the longest list read of the key. */
function unreadWriters(
  history: readonly CommittedTransaction[],
  orders: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly number[]> {
  const unread = new Map<string, number[]>();
  for (const [i, { steps }] of history.entries()) {
    for (const step of steps) {
      if (step.kind !== "append" || orders.get(step.key)?.includes(step.value) === true) continue;
      unread.set(step.key, [...(unread.get(step.key) ?? []), i]);
    }
  }
  return unread;
}

function addRealTimeEdges(
  history: readonly CommittedTransaction[],
  add: (from: number, to: number) => void,
): void {
  for (const [i, { ended }] of history.entries()) {
    if (ended === undefined) continue;
    for (const [j, { began }] of history.entries()) {
      if (began !== undefined && ended < began) add(i, j);
    }
  }
}

/** The longest list read of each key; words when two of them contradict each other. */
function listOrders(
  history: readonly CommittedTransaction[],
): ReadonlyMap<string, readonly string[]> | string {
  const longest = new Map<string, readonly string[]>();
  for (const { name, steps } of history) {
    for (const step of steps) {
      if (step.kind !== "read") continue;
      const known = longest.get(step.key) ?? [];
      const isLonger = known.length < step.list.length;
      const [short, long] = isLonger ? [known, step.list] : [step.list, known];
      if (short.some((value, k) => value !== long[k])) {
        return `${name} read ${step.key} as ${step.list.join(" ")}, others as ${known.join(" ")}`;
      }
      longest.set(step.key, long);
    }
  }
  return longest;
}

/** A cycle, as names; by depth-first search. */
function cycleIn(
  history: readonly CommittedTransaction[],
  edges: readonly ReadonlySet<number>[],
): string | undefined {
  const state = new Uint8Array(history.length);
  const path: number[] = [];
  const visit = (at: number): string | undefined => {
    state[at] = 1;
    path.push(at);
    for (const next of edges[at] ?? []) {
      if (state[next] === 1) {
        const names = path.slice(path.indexOf(next)).map((i) => history[i]?.name);
        return `cycle: ${names.join(" → ")}`;
      }
      const found = state[next] === 0 ? visit(next) : undefined;
      if (found !== undefined) return found;
    }
    path.pop();
    state[at] = 2;
    return undefined;
  };
  for (let i = 0; i < history.length; i++) {
    const found = state[i] === 0 ? visit(i) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
