/**
 * Child of base-tree-kill.test.ts: writes a base tree over and over until it is killed. Write i
 * puts the value i into every row; a line is printed for each one that is durable.
 */
import { logIndex } from "../../src/base/ids.ts";
import type { Mutation } from "../../src/store/base-tree.ts";
import { openLmdbTree } from "../../src/store/lmdb/lmdb-tree.ts";

export const writerRows = 5000;

function* rowsOf(index: number): IterableIterator<Mutation> {
  for (let n = 0; n < writerRows; n++) {
    const key = `k${String(n).padStart(5, "0")}`;
    yield { kind: "put", key, value: Buffer.from(String(index)) };
  }
}

const directory = process.argv[2];
if (process.argv[1] === import.meta.filename && directory !== undefined) {
  const tree = openLmdbTree(directory);
  for (;;) {
    const index = logIndex(tree.appliedIndex + 1);
    await tree.write(rowsOf(index), index);
    process.stdout.write(`${index}\n`);
  }
}
