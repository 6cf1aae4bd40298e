/**
 * Brings a store up to the head of its log, at open: the records behind the base tree's applied
 * index are decoded into the memtable, and flushed on the way as often as in normal running.
 */
import { CronosError } from "../base/errors.ts";
import { logIndex } from "../base/ids.ts";
import type { BaseTree } from "../store/base-tree.ts";
import type { Log } from "../log/log.ts";
import { decodeMutations } from "../log/mutation-codec.ts";
import type { Store } from "../store/store.ts";
import type { FreezeRule } from "./freeze-rule.ts";

/** Throws CORRUPTION when log and base tree do not fit together, or a record is bad. */
export async function replay(
  log: Log,
  base: BaseTree,
  into: { readonly store: Store; readonly freezeRule: FreezeRule },
): Promise<void> {
  const { store, freezeRule } = into;
  const from = logIndex(base.appliedIndex + 1);
  if (from > log.head + 1) {
    throw new CronosError(
      "CORRUPTION",
      `Log ends at record ${log.head}, but the base tree holds records up to ${base.appliedIndex}`,
    );
  }
  if (from > log.head) return;
  if (from < log.first) {
    throw new CronosError(
      "CORRUPTION",
      `Log starts at record ${log.first}, but the base tree needs records from ${from}`,
    );
  }
  for await (const record of log.read(from)) {
    // The record's body is only lent: the rows keep a copy of it.
    decodeMutations(Buffer.from(record.body), store);
    if (!freezeRule.isDue(store.activeBytes, record.body.length)) continue;
    store.freeze(record.index);
    await store.flush(record.index);
  }
}
