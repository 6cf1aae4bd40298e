/**
 * What the gRPC services need of an open database.
 */
import type { AdminApi } from "../../engine/admin-api.ts";
import type { SeriesAccess } from "../../engine/auth/series-access.ts";
import type { Users } from "../../engine/auth/users.ts";
import type { EncodedEventsApi } from "../../engine/encoded-events.ts";
import type { EventsApi } from "../../engine/events-api.ts";
import type { QueryService } from "../../engine/series/query-service.ts";
import type { SeriesStreams } from "../../engine/series/series-streams.ts";
import type { SeriesWriteService } from "../../engine/series/write-service.ts";
import type { DataDatabase } from "./data-operations.ts";

export interface GrpcEngine {
  /** Keys, ordered maps, namespaces. Without it there is no DataService. */
  readonly data?: DataDatabase;
  readonly events: EventsApi;
  /** The same events, as bytes. */
  readonly encoded: EncodedEventsApi;
  /** Who may do what; without it everybody may do everything. */
  readonly users?: Users;
  /** The events of a namespace. Without it there is "global" alone. */
  eventsOf?(namespace: string): EventsApi & EncodedEventsApi;
  /** Without it the rpcs about the log are unimplemented. */
  readonly admin?: AdminApi;
  /** Time series; the rpcs about them need all four. */
  readonly seriesWrites?: Pick<SeriesWriteService, "write">;
  readonly queries?: Pick<QueryService, "run">;
  readonly seriesWork?: { readonly streams: Pick<SeriesStreams, "open"> };
  readonly seriesAccess?: SeriesAccess;
}
