/**
 * Dead letters: listing them, delivering them again, forgetting them.
 *
 * Letters are read in parts of a bounded size, so that a million of them neither hold the event
 * loop nor make a record too large; who wants all of them goes on behind the last key of each part.
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

/** Most letters of a part that an operation changes, and rows it looks at to find them. */
const OPERATION_LETTERS = 1000;
const OPERATION_ROWS = 10_000;
/** A part takes no further letter once it has so many bytes. */
const PART_BYTES = 4 * 1024 * 1024;

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

export interface DeadLetterPart {
  readonly letters: readonly StoredDeadLetter[];
  /** Where to go on; undefined at the end. */
  readonly next: Key | undefined;
}

/** Dead letters behind the key `after`, in order of group, partition and offset. */
export function readDeadLetters(
  view: ReadView,
  filter: DeadLetterFilter,
  page: { readonly after: Key | undefined; readonly limit: number },
): DeadLetterPart {
  const prefix = deadLettersPrefix(filter.topicId, filter.groupId);
  const behind = `${page.after ?? ""}\x00`;
  const letters: StoredDeadLetter[] = [];
  let rows = 0;
  let bytes = 0;
  let last: Key | undefined;
  for (const [key, value] of view.range(behind > prefix ? behind : prefix, prefixEnd(prefix))) {
    if (letters.length >= page.limit || bytes >= PART_BYTES || rows >= OPERATION_ROWS) {
      return { letters, next: last };
    }
    rows++;
    last = key;
    const failed = decodeFailed(value);
    if (filter.ids !== undefined && !filter.ids.has(idOf(failed.event))) continue;
    letters.push({ key, ...readDeadLetterKey(key), failed });
    bytes += value.length;
  }
  return { letters, next: undefined };
}

/** Counts the dead letters of a group. */
export function countDeadLetters(view: ReadView, topicId: number, groupId: number): number {
  const prefix = deadLettersPrefix(topicId, groupId);
  let count = 0;
  for (const _ of view.range(prefix, prefixEnd(prefix))) count++;
  return count;
}

/** One operation on dead letters. */
export interface DeadLetterWork {
  readonly filter: DeadLetterFilter;
  readonly after: Key | undefined;
  /** The topic's groups. */
  readonly groups: readonly Group[];
}

/** Turns dead letters into retries that are due at `now`, from attempt 1. */
export function redriveDeadLetters(
  tx: Transaction,
  work: DeadLetterWork,
  now: number,
): DeadLetterPart {
  const groups = new Map(work.groups.map((group) => [group.id, group]));
  return changeLetters(tx, work, (letter) => {
    const { groupId, partition, offset, failed } = letter;
    const at: GroupPartition | undefined = groups.get(groupId)?.partitions.get(partition);
    if (at === undefined) return;
    const row = encodeFailed({ ...failed, failures: 0, error: "", deadAt: 0 });
    tx.put(at.retryKeyAt(now, offset), row);
    tx.onApplied(() => {
      at.retryAdded(0);
      at.wake();
    });
  });
}

/** Forgets dead letters. */
export function purgeDeadLetters(tx: Transaction, work: DeadLetterWork): DeadLetterPart {
  return changeLetters(tx, work, () => {});
}

/** Removes a part of the letters, after `change` saw each of them. */
function changeLetters(
  tx: Transaction,
  { filter, after, groups }: DeadLetterWork,
  change: (letter: StoredDeadLetter) => void,
): DeadLetterPart {
  const part = readDeadLetters(tx, filter, { after, limit: OPERATION_LETTERS });
  const removed = new Map<number, number>();
  for (const letter of part.letters) {
    tx.delete(letter.key);
    change(letter);
    removed.set(letter.groupId, (removed.get(letter.groupId) ?? 0) + 1);
  }
  tx.onApplied(() => {
    for (const group of groups) group.deadLetters -= removed.get(group.id) ?? 0;
  });
  return part;
}

function idOf(event: Uint8Array): string {
  const { start, end } = findId(event, 0, event.length);
  return Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString("utf8", start, end);
}
