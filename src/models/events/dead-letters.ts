/**
 * Dead letters: listing them, delivering them again, forgetting them.
 *
 * Operations touch at most OPERATION_LETTERS rows, so that a million dead letters neither hold the
 * event loop nor make a record too large; callers repeat them until nothing is left.
 */
import type { Key } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import type { GroupPartition } from "./group-partition.ts";
import type { Group } from "./group.ts";
import type { FailedEvent } from "./retry.ts";
import { decodeFailed, encodeFailed } from "./retry.ts";
import { deadLettersPrefix, prefixEnd, readDeadLetterKey } from "./rows.ts";
import { findId } from "./stored-event.ts";

/** Most dead letters that one operation changes. */
export const OPERATION_LETTERS = 1000;

export interface StoredDeadLetter {
  readonly key: Key;
  readonly groupId: number;
  readonly partition: number;
  readonly offset: number;
  readonly failed: FailedEvent;
}

/** Which dead letters; ids undefined: all. */
export interface DeadLetterFilter {
  readonly topicId: number;
  readonly groupId: number | undefined;
  readonly ids: ReadonlySet<string> | undefined;
}

/** Dead letters behind the key `after`, in order of group, partition and offset. */
export function readDeadLetters(
  view: ReadView,
  filter: DeadLetterFilter,
  page: { readonly after: Key | undefined; readonly limit: number },
): StoredDeadLetter[] {
  const prefix = deadLettersPrefix(filter.topicId, filter.groupId);
  const start = page.after === undefined ? prefix : `${page.after}\x00`;
  const found: StoredDeadLetter[] = [];
  for (const [key, value] of view.range(start, prefixEnd(prefix))) {
    const failed = decodeFailed(value);
    if (filter.ids !== undefined && !filter.ids.has(idOf(failed.event))) continue;
    found.push({ key, ...readDeadLetterKey(key), failed });
    if (found.length >= page.limit) break;
  }
  return found;
}

/** Counts the dead letters of a topic. */
export function countDeadLetters(view: ReadView, topicId: number): number {
  const prefix = deadLettersPrefix(topicId);
  let count = 0;
  for (const _ of view.range(prefix, prefixEnd(prefix))) count++;
  return count;
}

/** Turns dead letters into retries that are due at once, from attempt 1; returns how many. */
export function redriveDeadLetters(
  tx: Transaction,
  filter: DeadLetterFilter,
  groups: ReadonlyMap<number, Group>,
): { readonly count: number; readonly groups: ReadonlySet<Group> } {
  const touched = new Set<Group>();
  const letters = readDeadLetters(tx, filter, { after: undefined, limit: OPERATION_LETTERS });
  for (const { key, groupId, partition, offset, failed } of letters) {
    tx.delete(key);
    const group = groups.get(groupId);
    const at: GroupPartition | undefined = group?.partitions.get(partition);
    if (group === undefined || at === undefined) continue;
    touched.add(group);
    const row = encodeFailed({ ...failed, failures: 0, error: "", deadAt: 0 });
    tx.put(at.retryKeyAt(tx.now, offset), row);
  }
  return { count: letters.length, groups: touched };
}

/** Forgets dead letters; returns how many. */
export function purgeDeadLetters(tx: Transaction, filter: DeadLetterFilter): number {
  const letters = readDeadLetters(tx, filter, { after: undefined, limit: OPERATION_LETTERS });
  for (const { key } of letters) tx.delete(key);
  return letters.length;
}

function idOf(event: Uint8Array): string {
  const { start, end } = findId(event, 0, event.length);
  return Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString("utf8", start, end);
}
