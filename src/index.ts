/**
 * What users of the package import: the embedded database, the remote client, and their types.
 */
import type { ConnectOptions, RemoteDatabase } from "./client/connect.ts";

export { CronosError } from "./base/errors.ts";
export type { ErrorCode, ErrorKind } from "./base/errors.ts";
export type { ConnectOptions, RemoteDatabase } from "./client/connect.ts";
export type { Database, TransactionScope } from "./engine/database-api.ts";
export type {
  BatchReceipt,
  DeadLetter,
  EventDelivery,
  EventInput,
  EventsApi,
  EventSelector,
  GroupInfo,
  Page,
  PublishReceipt,
  Schedule,
  ScheduleInput,
  StoredEvent,
  Subscription,
  TopicInfo,
  TopicSettings,
} from "./engine/events-api.ts";
export type {
  HashEntry,
  HashScope,
  KeyOperations,
  KeyScanOptions,
  KeySetOptions,
  KeySetResult,
  KeysApi,
  KeysScope,
} from "./engine/keys-api.ts";
export type { Namespace, NamespacesApi } from "./engine/namespaces-api.ts";
export type {
  Bytes,
  ZMapApi,
  ZMapBounds,
  ZMapEntry,
  ZMapNumbers,
  ZMapRange,
  ZMapScope,
} from "./engine/zmap-api.ts";
export type { Point, PointValue } from "./engine/series/point-lines.ts";
export type {
  SeriesApi,
  SeriesInput,
  SeriesKeysApi,
  SeriesParameter,
  SeriesQueryOptions,
  SeriesRunOptions,
  SeriesScope,
  SeriesStreamOptions,
  SeriesWriteOptions,
  StreamedRows,
} from "./engine/series/series-api.ts";
export type { SeriesResult, SeriesRow, SeriesTimes } from "./engine/series/series-rows.ts";
export { open } from "./engine/open.ts";
export type { MemoryDatabase, OpenOptions } from "./engine/open.ts";
export type { EngineSettings } from "./engine/settings.ts";

/** Connects to the server at "host:port" (gRPC). UNAVAILABLE when none answers in time. */
export async function connect(address: string, options?: ConnectOptions): Promise<RemoteDatabase> {
  // Loaded when it is needed: an embedded database does without the network's libraries.
  const client = await import("./client/connect.ts");
  return client.connect(address, options);
}
