/**
 * Finds circles in a graph of imports. Each group of files that reach each other is reported once,
 * as one shortest circle through its first file, so that a tangle gives a line and not thousands.
 */

/** The cycles of the graph (file to the files it imports): a -> b -> a is ["a", "b", "a"]. */
export function importCycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const reported = new Set<string>();
  for (const file of [...edges.keys()].sort()) {
    if (reported.has(file)) continue;
    const cycle = shortestCycle(edges, file);
    if (cycle === undefined) continue;
    cycles.push(cycle);
    for (const member of cycle) reported.add(member);
  }
  return cycles;
}

/** Breadth first from `start` back to it. */
function shortestCycle(
  edges: ReadonlyMap<string, readonly string[]>,
  start: string,
): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const next of edges.get(file) ?? []) {
      if (next === start) return [...pathTo(cameFrom, start, file), start];
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return undefined;
}

function pathTo(cameFrom: ReadonlyMap<string, string>, start: string, end: string): string[] {
  const path = [end];
  for (let at: string | undefined = end; at !== undefined && at !== start; ) {
    at = cameFrom.get(at);
    if (at !== undefined) path.unshift(at);
  }
  return path;
}
