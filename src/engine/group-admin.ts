/**
 * Consumer groups, as EventsApi shows them.
 */
import { CronosError } from "../base/errors.ts";
import { keyU48Max } from "../base/key.ts";
import type { EventsModel } from "../models/events/events-model.ts";
import type { Group } from "../models/events/group.ts";
import type { TopicRef } from "../models/events/topic-ref.ts";
import type { Topic } from "../models/events/topic.ts";
import type { Shard } from "../shard/shard.ts";
import type { GroupInfo, SeekPosition } from "./events-api.ts";

export class GroupAdmin {
  readonly #shard: Shard;
  readonly #model: EventsModel;

  constructor(options: { readonly shard: Shard; readonly model: EventsModel }) {
    this.#shard = options.shard;
    this.#model = options.model;
  }

  async create(name: string, topicName: TopicRef): Promise<GroupInfo> {
    const { catalog, groups } = this.#model;
    const created = await this.#shard.execute((tx) => {
      const topic = catalog.ensure(tx, topicName);
      const group = groups.ensure(tx, topic, { name, ephemeral: false });
      for (const partition of topic.partitions) {
        groups.ensurePosition(tx, group, { partition, target: "earliest" });
      }
      return group;
    });
    return groupInfo(created);
  }

  /** Every topic the group has a position in. */
  get(name: string, namespaceId: number): readonly GroupInfo[] {
    const all = this.#all(this.#model.catalog.topicsIn(namespaceId));
    const found = all.filter((group) => group.name === name);
    return found.map(groupInfo);
  }

  list(topic: TopicRef | undefined, namespaceId: number): readonly GroupInfo[] {
    const { catalog } = this.#model;
    const topics = topic === undefined ? catalog.topicsIn(namespaceId) : [catalog.get(topic)];
    return this.#all(topics).map(groupInfo);
  }

  async remove(name: string, topicName: TopicRef): Promise<boolean> {
    const topic = this.#model.catalog.find(topicName);
    const group = topic === undefined ? undefined : this.#model.groups.of(topic).get(name);
    if (group === undefined) return false;
    await this.#model.removeGroup(group);
    return true;
  }

  async seek(
    name: string,
    topicName: TopicRef,
    to: { readonly partition?: number; readonly position: SeekPosition },
  ): Promise<GroupInfo> {
    checkSeek(to.position);
    const topic = this.#model.catalog.get(topicName);
    const group = this.#model.groups.get(topic, name);
    await this.#model.seek(group, to.partition, to.position);
    return groupInfo(group);
  }

  #all(topics: Iterable<Topic>): Group[] {
    return Array.from(topics).flatMap((topic) =>
      [...this.#model.groups.of(topic).values()].filter((group) => !group.ephemeral),
    );
  }
}

function groupInfo(group: Group): GroupInfo {
  const positions = [...group.partitions.values()].sort(
    (a, b) => a.partition.number - b.partition.number,
  );
  return {
    group: group.name,
    topic: group.topic.name,
    partitions: positions.map((at) => at.partition.number),
    committedOffsets: new Map(positions.map((at) => [at.partition.number, at.committedOffset])),
    memberOffsets: new Map(Array.from(group.members.values(), ({ id, offset }) => [id, offset])),
    lastRebalanceAt: group.lastRebalanceAt,
  };
}

/** Of any type: callers may be JavaScript. */
function checkSeek(position: unknown): void {
  if (position === "earliest" || position === "latest") return;
  if (typeof position === "object" && position !== null) {
    const [value, ...others] = Object.values(position);
    const isNamed = "offset" in position || "time" in position;
    const isRight = typeof value === "number" && value >= 0 && value <= keyU48Max;
    if (isNamed && isRight && Number.isInteger(value) && others.length === 0) return;
  }
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Seek position must be "earliest", "latest", { offset } or { time } with an integer from 0 ` +
      `to ${keyU48Max}: got ${JSON.stringify(position)}`,
  );
}
