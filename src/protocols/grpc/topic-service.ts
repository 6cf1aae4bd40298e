/**
 * TopicService: settings of topics, and their end.
 */
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type { EventsApi } from "../../engine/events-api.ts";
import { topicMessage, topicSettings } from "./convert-messages.ts";
import type { ConfigureTopicRequest, TopicRequest } from "./messages.ts";
import { unary } from "./unary.ts";

export function topicServiceHandlers(events: EventsApi): UntypedServiceImplementation {
  return {
    ConfigureTopic: unary(async (request: ConfigureTopicRequest) =>
      topicMessage(await events.configureTopic(request.topic, topicSettings(request))),
    ),
    ListTopics: unary(async () => ({ topics: (await events.listTopics()).map(topicMessage) })),
    DeleteTopic: unary(async (request: TopicRequest) => ({
      deleted: await events.deleteTopic(request.topic),
    })),
  };
}
