/**
 * The table of routes: all that the HTTP interface serves, and all that /openapi.json says. The
 * paths of InfluxDB (/write, /query, /ping) stay free for the series model.
 */
import type { Route } from "./route.ts";
import { route } from "./route.ts";
import { openApiDocument } from "./openapi.ts";
import { deadLetterRoutes } from "./routes/dead-letter-routes.ts";
import { eventRoutes } from "./routes/event-routes.ts";
import { groupRoutes } from "./routes/group-routes.ts";
import { operationRoutes } from "./routes/operation-routes.ts";
import { publishRoutes } from "./routes/publish-routes.ts";
import { replayRoutes } from "./routes/replay-routes.ts";
import { scheduleRoutes } from "./routes/schedule-routes.ts";
import { seriesKeyRoutes } from "./routes/series-key-routes.ts";
import { subscribeRoutes } from "./routes/subscribe-routes.ts";
import { topicRoutes } from "./routes/topic-routes.ts";

const document: Route = route({
  method: "GET",
  path: "/openapi.json",
  name: "getOpenApi",
  tag: "Operation",
  summary: "This document",
  responses: {
    200: { description: "OpenAPI 3.1", content: { "application/json": { type: "object" } } },
  },
  async handle() {
    return { status: 200, body: openApiDocument(routes) };
  },
});

export const routes: readonly Route[] = [
  ...publishRoutes,
  ...eventRoutes,
  ...subscribeRoutes,
  ...replayRoutes,
  ...scheduleRoutes,
  ...deadLetterRoutes,
  ...topicRoutes,
  ...groupRoutes,
  ...seriesKeyRoutes,
  ...operationRoutes,
  document,
];
