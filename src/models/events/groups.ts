/**
 * The consumer groups of a database: creating, finding, moving and removing them.
 */
import { CronosError } from "../../base/errors.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import type { Catalog } from "./catalog.ts";
import { countDeadLetters } from "./dead-letters.ts";
import { readFired } from "./fired.ts";
import { GroupPartition } from "./group-partition.ts";
import type { GroupRow } from "./group.ts";
import { Group } from "./group.ts";
import type { Position } from "./position.ts";
import { decodePosition, encodePosition } from "./position.ts";
import {
  deadLettersPrefix,
  groupKey,
  groupKeyName,
  groupsPrefix,
  jsonValue,
  positionKey,
  positionsPrefix,
  prefixEnd,
  readJson,
  retriesPrefix,
} from "./rows.ts";
import type { Partition } from "./partition.ts";
import type { Topic } from "./topic.ts";

/** Longest group name, in characters. */
export const GROUP_CHARACTERS_MAX = 255;

/** Where a group starts or is moved to; see engine/events-api.ts. */
export type SeekTarget =
  | "earliest"
  | "latest"
  | { readonly offset: number }
  | { readonly time: number };

/** Throws INVALID_ARGUMENT unless `name` can be a group's. */
export function checkGroupName(name: string): void {
  if (typeof name === "string" && name.length >= 1 && name.length <= GROUP_CHARACTERS_MAX) return;
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Group must be a text of 1 to ${GROUP_CHARACTERS_MAX} characters: got ${JSON.stringify(name)}`,
  );
}

export class Groups {
  readonly #catalog: Catalog;
  /** Goes with the topics. */
  readonly #byTopic = new WeakMap<Topic, Map<string, Group>>();
  readonly #onWork: (group: Group) => void;

  constructor(catalog: Catalog, onWork: (group: Group) => void) {
    this.#catalog = catalog;
    this.#onWork = onWork;
  }

  /** The topic's groups by name. */
  of(topic: Topic): Map<string, Group> {
    let groups = this.#byTopic.get(topic);
    if (groups === undefined) this.#byTopic.set(topic, (groups = new Map()));
    return groups;
  }

  /** The group, or NOT_FOUND. */
  get(topic: Topic, name: string): Group {
    const group = this.of(topic).get(name);
    if (group !== undefined) return group;
    throw new CronosError("NOT_FOUND", `Group ${name} does not exist in topic ${topic.name}`);
  }

  /** The group, created if it is new. */
  ensure(tx: Transaction, topic: Topic, options: { name: string; ephemeral: boolean }): Group {
    const { name, ephemeral } = options;
    const known = this.of(topic).get(name);
    if (known !== undefined) return known;
    checkGroupName(name);
    const row: GroupRow = { id: this.#catalog.nextGroupId(tx), createdAt: tx.now, ephemeral };
    tx.put(groupKey(topic.id, name), jsonValue(row));
    const group = new Group(name, topic, row);
    this.of(topic).set(name, group);
    tx.onUndone(() => this.of(topic).delete(name));
    return group;
  }

  /** The group's place in a partition, created at `target` if there is none. */
  ensurePosition(
    tx: Transaction,
    group: Group,
    place: { readonly partition: Partition; readonly target: SeekTarget },
  ): GroupPartition {
    const { partition, target } = place;
    const known = group.partitions.get(partition.number);
    if (known !== undefined) return known;
    const at = this.#addPosition(group, partition);
    tx.onUndone(() => {
      group.partitions.delete(partition.number);
      partition.positions.delete(at);
    });
    this.#store(tx, at, startPosition(tx, partition, target));
    return at;
  }

  /** Moves a position; the caller drops the deliveries that it voids. */
  seek(tx: Transaction, at: GroupPartition, target: SeekTarget): void {
    const retries = retriesPrefix(at.topicId, at.groupId, at.partition.number);
    tx.deleteRange(retries, prefixEnd(retries));
    this.#store(tx, at, startPosition(tx, at.partition, target));
  }

  /** Removes the group with its positions, retries and dead letters. */
  remove(tx: Transaction, group: Group): void {
    const { topic, id } = group;
    tx.delete(groupKey(topic.id, group.name));
    for (const prefix of [
      positionsPrefix(topic.id, id),
      retriesPrefix(topic.id, id),
      deadLettersPrefix(topic.id, id),
    ]) {
      tx.deleteRange(prefix, prefixEnd(prefix));
    }
    this.of(topic).delete(group.name);
    for (const at of group.partitions.values()) at.partition.positions.delete(at);
    tx.onUndone(() => {
      this.of(topic).set(group.name, group);
      for (const at of group.partitions.values()) at.partition.positions.add(at);
    });
  }

  /** Brings the topic's groups to what the rows say; returns those that are gone. */
  load(view: ReadView, topic: Topic): Group[] {
    const groups = this.of(topic);
    const known = new Map(groups);
    groups.clear();
    const prefix = groupsPrefix(topic.id);
    for (const [key, value] of view.range(prefix, prefixEnd(prefix))) {
      const name = groupKeyName(key);
      const row = readJson<GroupRow>(value);
      const before = known.get(name);
      const group = before?.id === row.id ? before : new Group(name, topic, row);
      if (group === before) known.delete(name);
      groups.set(name, group);
      group.deadLetters = countDeadLetters(view, topic.id, group.id);
      this.#loadPositions(view, group);
    }
    for (const gone of known.values()) {
      for (const at of gone.partitions.values()) at.partition.positions.delete(at);
    }
    return [...known.values()];
  }

  #loadPositions(view: ReadView, group: Group): void {
    const { topic } = group;
    for (const partition of topic.partitions) {
      const value = view.get(positionKey(topic.id, group.id, partition.number));
      const known = group.partitions.get(partition.number);
      if (value === undefined) {
        if (known !== undefined) partition.positions.delete(known);
        group.partitions.delete(partition.number);
        continue;
      }
      const at = known ?? this.#addPosition(group, partition);
      at.moveTo(decodePosition(value), view);
    }
  }

  #addPosition(group: Group, partition: Partition): GroupPartition {
    const at = new GroupPartition(group, partition, () => this.#onWork(group));
    group.partitions.set(partition.number, at);
    partition.positions.add(at);
    return at;
  }

  #store(tx: Transaction, at: GroupPartition, position: Position): void {
    tx.put(at.key, encodePosition(position));
    at.moveTo(position, tx);
  }
}

function startPosition(view: ReadView, partition: Partition, target: SeekTarget): Position {
  const end = partition.nextSequence;
  const start = { sequence: 0, offset: 0, offsetMin: 0, dueMin: 0, gaps: [] };
  if (target === "earliest") return start;
  if (target === "latest") {
    const [last] = readFired(view, partition, { from: end - 1, to: end, eventsMax: 1 });
    const offset = last === undefined ? 0 : last.offset + last.count;
    return { ...start, sequence: end, offset };
  }
  if ("offset" in target) return { ...start, offset: target.offset, offsetMin: target.offset };
  return { ...start, dueMin: target.time };
}
