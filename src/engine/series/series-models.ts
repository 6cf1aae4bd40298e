/**
 * The models of time series of one shard, put together: what the services for writing, querying
 * and streaming share. Each follows by itself when the tip rolls back.
 */
import { Catalog } from "../../models/series/catalog.ts";
import { Definitions, definitionKind } from "../../models/series/definitions.ts";
import { SeriesIndex } from "../../models/series/series-index.ts";
import { SeriesStorage } from "../../models/series/storage.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { ContinuousContent } from "./continuous-runner.ts";

export interface SubscriptionContent {
  readonly policy: string;
  readonly mode: "ALL" | "ANY";
  readonly destinations: readonly string[];
  /** Which points are sent, as an InfluxQL condition; absent: all. */
  readonly condition?: string;
  /** By destination: the last record that it took. */
  readonly positions?: Readonly<Record<string, number>>;
}

/** A binding of a topic: its CREATE statement as canonical text. */
export interface BindingContent {
  readonly text: string;
}

/** An API key, without the key. */
export interface ApiKeyContent {
  readonly access: "READ" | "WRITE";
  /** Source of the regular expression of the measurements it is good for; absent: all. */
  readonly pattern?: string;
  /** SHA-256 of the key, in hexadecimal. */
  readonly hash: string;
  /** When it was made, ms since 1970. */
  readonly created: number;
}

export interface SeriesModels {
  readonly catalog: Catalog;
  readonly index: SeriesIndex;
  readonly storage: SeriesStorage;
  readonly continuousQueries: Definitions<ContinuousContent>;
  readonly subscriptions: Definitions<SubscriptionContent>;
  readonly bindings: Definitions<BindingContent>;
  readonly apiKeys: Definitions<ApiKeyContent>;
}

/** What background work of the models goes by. */
export interface SeriesBackground {
  readonly clock: Clock;
  /** Told why it failed; it is tried again. */
  readonly onError: (error: unknown) => void;
  /** Memory of points above which they are sealed. */
  readonly headBytesMax?: number;
}

/** Reads what the models keep in memory from the rows of the shard. */
export function openSeriesModels(shard: Shard, background: SeriesBackground): SeriesModels {
  const { tip } = shard;
  const catalog = new Catalog(tip);
  const index = new SeriesIndex(tip);
  const continuousQueries = new Definitions<ContinuousContent>(
    definitionKind.continuousQuery,
    tip,
  );
  const subscriptions = new Definitions<SubscriptionContent>(definitionKind.subscription, tip);
  const bindings = new Definitions<BindingContent>(definitionKind.binding, tip);
  const apiKeys = new Definitions<ApiKeyContent>(definitionKind.apiKey, tip);
  const definitions = { continuousQueries, subscriptions, bindings, apiKeys };
  for (const each of [catalog, index, ...Object.values(definitions)]) shard.attach(each);
  // Attaches itself.
  const storage = new SeriesStorage({ shard, ...background });
  return { catalog, index, storage, ...definitions };
}
