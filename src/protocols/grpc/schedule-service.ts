/**
 * ScheduleService: recurring schedules.
 */
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type { EventsApi } from "../../engine/events-api.ts";
import { scheduleInput, scheduleMessage, whenSet } from "./convert-messages.ts";
import type {
  CreateScheduleRequest,
  PauseScheduleRequest,
  PreviewScheduleRequest,
  ScheduleRequest,
  TopicRequest,
} from "./messages.ts";
import { unary } from "./unary.ts";

export function scheduleServiceHandlers(events: EventsApi): UntypedServiceImplementation {
  return {
    CreateSchedule: unary(async (request: CreateScheduleRequest) =>
      scheduleMessage(await events.schedule(scheduleInput(request))),
    ),
    ListSchedules: unary(async (request: TopicRequest) => {
      const schedules = await events.listSchedules(whenSet("topic", request.topic).topic);
      return { schedules: schedules.map(scheduleMessage) };
    }),
    PauseSchedule: unary(async (request: PauseScheduleRequest) => {
      const { topic, name, resume } = request;
      return scheduleMessage(await events.pauseSchedule(topic, name, !resume));
    }),
    DeleteSchedule: unary(async (request: ScheduleRequest) => ({
      deleted: await events.deleteSchedule(request.topic, request.name),
    })),
    PreviewSchedule: unary(async (request: PreviewScheduleRequest) => ({
      run_ts: await events.previewSchedule(
        {
          cron: request.cron,
          ...whenSet("timeZone", request.time_zone),
          ...whenSet("startAt", request.start_ts),
          ...whenSet("endAt", request.end_ts),
        },
        { ...whenSet("count", request.count), ...whenSet("from", request.from_ts) },
      ),
    })),
  };
}
