/**
 * Recurring schedules of an open database: the schedule part of EventsApi. What runs them is
 * models/events/schedule-runner.ts.
 */
import { previewInstants } from "../models/events/cron.ts";
import type { EventsModel } from "../models/events/events-model.ts";
import { listSchedules } from "../models/events/schedules.ts";
import type { TopicRef } from "../models/events/topic-ref.ts";
import type { Clock } from "../ports/clock.ts";
import type { Shard } from "../shard/shard.ts";
import type { EventsApi, Schedule, ScheduleInput } from "./events-api.ts";

const PREVIEW_COUNT_DEFAULT = 10;

type PreviewOptions = Parameters<EventsApi["previewSchedule"]>[1];

export interface SchedulesServiceOptions {
  readonly shard: Shard;
  readonly model: EventsModel;
  readonly clock: Clock;
}

export class SchedulesService {
  readonly #shard: Shard;
  readonly #model: EventsModel;
  readonly #clock: Clock;

  constructor({ shard, model, clock }: SchedulesServiceOptions) {
    this.#shard = shard;
    this.#model = model;
    this.#clock = clock;
  }

  /** Creates or replaces; creates the topic if it is new. */
  schedule(input: ScheduleInput, topic: TopicRef): Promise<Schedule> {
    const { catalog, schedules } = this.#model;
    return this.#shard.execute((tx) => {
      return schedules.put(tx, catalog.ensure(tx, topic).id, input);
    });
  }

  /** Those of a topic, or of all topics of a namespace. */
  async list(topic: TopicRef | undefined, namespaceId: number): Promise<readonly Schedule[]> {
    const { catalog } = this.#model;
    const found = topic === undefined ? [...catalog.topicsIn(namespaceId)] : [catalog.find(topic)];
    const ids = found.flatMap((each) => (each === undefined ? [] : [each.id]));
    return ids.toSorted((a, b) => a - b).flatMap((id) => listSchedules(this.#shard.durable, id));
  }

  pause(topic: TopicRef, name: string, paused: boolean): Promise<Schedule> {
    const { catalog, schedules } = this.#model;
    return this.#shard.execute((tx) => {
      return schedules.setPaused(tx, { topicId: catalog.get(topic).id, name }, paused);
    });
  }

  delete(topic: TopicRef, name: string): Promise<boolean> {
    const { catalog, schedules } = this.#model;
    return this.#shard.execute((tx) => {
      const topicId = catalog.find(topic)?.id;
      return topicId !== undefined && schedules.delete(tx, { topicId, name });
    });
  }

  async preview(
    input: Parameters<EventsApi["previewSchedule"]>[0],
    options: PreviewOptions = {},
  ): Promise<readonly number[]> {
    const { cron, timeZone = "UTC", startAt, endAt } = input;
    const { count = PREVIEW_COUNT_DEFAULT, from = this.#clock.now() } = options;
    return previewInstants({ cron, timeZone, startAt, endAt }, { count, from });
  }
}
