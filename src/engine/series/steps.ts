/**
 * Work that may be long, in steps: a generator that yields undefined wherever it may be paused, at
 * least each millisecond or so. Who has to be done at once runs it through; a query pauses, so that
 * others have their turn.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** What is between two steps: so many small pieces of work. */
export const STEP_ITEMS = 256;

/** Runs the steps through; returns what they give. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Sorts strings by their UTF-16 units, in place as far as it goes; returns them sorted. */
export function* sortInSteps(texts: string[]): Steps<string[]> {
  let from = texts;
  for (let start = 0; start < from.length; start += STEP_ITEMS) {
    const run = from.slice(start, start + STEP_ITEMS).toSorted(compareUnits);
    for (let i = 0; i < run.length; i++) from[start + i] = run[i] as string;
    yield;
  }
  let to = new Array<string>(from.length);
  for (let length = STEP_ITEMS; length < from.length; length *= 2) {
    for (let start = 0; start < from.length; start += 2 * length) {
      yield* mergeRuns(from, to, { start, length });
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Merges the run of `length` strings at `start` and the next one. */
function* mergeRuns(
  from: readonly string[],
  to: string[],
  { start, length }: { readonly start: number; readonly length: number },
): Steps<void> {
  const middle = Math.min(start + length, from.length);
  const end = Math.min(start + 2 * length, from.length);
  let [left, right] = [start, middle];
  for (let at = start; at < end; at++) {
    const takesLeft =
      right === end || (left < middle && (from[left] as string) <= (from[right] as string));
    to[at] = from[takesLeft ? left++ : right++] as string;
    if (at % STEP_ITEMS === 0) yield;
  }
}

function compareUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
