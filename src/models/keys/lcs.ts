/** The longest common subsequence of two byte strings, by the usual table of lengths. */

export interface LcsTable {
  readonly first: Uint8Array;
  readonly second: Uint8Array;
  /** Row by row: the length for the first i and j bytes, at i * (second.length + 1) + j. */
  readonly lengths: Uint32Array;
  /** Length of the whole. */
  readonly length: number;
}

/** Fills the table: time and memory are the product of the lengths. */
export function lcsTable(first: Uint8Array, second: Uint8Array): LcsTable {
  const width = second.length + 1;
  const lengths = new Uint32Array((first.length + 1) * width);
  for (let i = 1; i <= first.length; i++) {
    for (let j = 1; j < width; j++) {
      const at = i * width + j;
      if (first[i - 1] === second[j - 1]) lengths[at] = (lengths[at - width - 1] as number) + 1;
      else lengths[at] = Math.max(lengths[at - width] as number, lengths[at - 1] as number);
    }
  }
  return { first, second, lengths, length: lengths.at(-1) as number };
}

/** A run of bytes that both have. */
export interface LcsMatch {
  /** Where it starts. */
  readonly first: number;
  readonly second: number;
  readonly length: number;
}

/** The runs of the subsequence, the last one first. */
export function findMatches({ first, second, lengths }: LcsTable): LcsMatch[] {
  const width = second.length + 1;
  const matches: LcsMatch[] = [];
  let run: { first: number; second: number; length: number } | undefined;
  let i = first.length;
  let j = second.length;
  while (i > 0 && j > 0) {
    if (first[i - 1] === second[j - 1]) {
      i--;
      j--;
      if (run?.first === i + 1 && run.second === j + 1) {
        run.first = i;
        run.second = j;
        run.length++;
      } else {
        run = { first: i, second: j, length: 1 };
        matches.push(run);
      }
      continue;
    }
    const up = lengths[(i - 1) * width + j] as number;
    const left = lengths[i * width + j - 1] as number;
    if (up > left) i--;
    else j--;
  }
  return matches;
}

/** The subsequence itself. */
export function subsequence(table: LcsTable): Buffer {
  const parts = findMatches(table).toReversed();
  return Buffer.concat(parts.map((run) => table.first.subarray(run.first, run.first + run.length)));
}
