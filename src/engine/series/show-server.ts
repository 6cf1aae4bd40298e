/** SHOW statements about databases and about the server. */
import type { StatementOf } from "../../influxql/ast.ts";
import { printTime } from "../../influxql/print-expression.ts";
import type { SeriesDatabase } from "../../models/series/catalog.ts";
import { HOUR_NS_BIG } from "../../models/series/series-time.ts";
import { goDuration, shortGoDuration } from "./go-duration.ts";
import type { QueryRegistry } from "./query-registry.ts";
import type { Cell, ResultSeries } from "./query-result.ts";
import { table } from "./query-result.ts";
import { databaseOf } from "./series-state.ts";
import type { SeriesState } from "./series-state.ts";

type Tables = readonly ResultSeries[];

/** `isVisible`: which of them the user may know of. */
export function showDatabases(
  { models }: SeriesState,
  isVisible: (database: string) => boolean,
): Tables {
  const names = models.catalog.databases.map(({ name }) => name).filter(isVisible);
  return [table(["name"], names.map((name) => [name]), "databases")];
}

export function showPolicies(
  statement: StatementOf<"show retention policies">,
  state: SeriesState,
): Tables {
  const { policies, defaultPolicy } = databaseOf(state, statement.database);
  const columns = ["name", "duration", "shardGroupDuration", "replicaN", "default"];
  const rows = policies.map(({ name, duration, shardDuration, replication }): Cell[] => {
    const durations = [goDuration(duration), goDuration(shardDuration)];
    return [name, ...durations, replication, name === defaultPolicy];
  });
  return [table(columns, rows)];
}

export function showContinuousQueries({ models }: SeriesState): Tables {
  return models.catalog.databases.map(({ id, name }) => {
    const rows = models.continuousQueries.list(id).map((each) => [each.name, each.content.text]);
    return table(["name", "query"], rows, name);
  });
}

export function showSubscriptions({ models }: SeriesState): Tables {
  const columns = ["retention_policy", "name", "mode", "destinations"];
  const tables = models.catalog.databases.map(({ id, name }) => {
    const rows = models.subscriptions.list(id).map(({ name: subscription, content }): Cell[] => {
      return [content.policy, subscription, content.mode, content.destinations];
    });
    return table(columns, rows, name);
  });
  return tables.filter(({ rows }) => rows.length > 0);
}

export function showBindings(
  statement: StatementOf<"show bindings">,
  state: SeriesState,
): Tables {
  const { models } = state;
  const { id, name } = databaseOf(state, statement.database);
  const rows = models.bindings.list(id).map((each) => [each.name, each.content.text]);
  return rows.length === 0 ? [] : [table(["name", "binding"], rows, name)];
}

export function showQueries(registry: QueryRegistry): Tables {
  const rows = registry.list().map((query): Cell[] => {
    const duration = shortGoDuration(BigInt(Math.floor(registry.age(query) * 1e6)));
    const status = query.signal.aborted ? "killed" : "running";
    return [query.id, query.text, query.database, duration, status];
  });
  return [table(["qid", "query", "database", "duration", "status"], rows)];
}

/** A window of a policy: what 1.x calls a shard, and a shard group of one. */
interface ShownShard {
  readonly id: number;
  readonly policyId: number;
  readonly policy: string;
  readonly database: string;
  readonly startHour: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly expiry: bigint;
}

/** Ids are places in this list: of an embedded server they need not outlive it. */
export function shardsOf({ models }: SeriesState): readonly ShownShard[] {
  const shards: ShownShard[] = [];
  for (const { name: database, policies } of models.catalog.databases) {
    for (const { id: policyId, name: policy, windowHours, duration } of policies) {
      for (const { startHour } of models.storage.windows(policyId)) {
        const start = BigInt(startHour) * HOUR_NS_BIG;
        const end = start + BigInt(windowHours) * HOUR_NS_BIG;
        const id = shards.length + 1;
        const name = { database, policy, policyId, startHour };
        shards.push({ id, ...name, start, end, expiry: end + duration });
      }
    }
  }
  return shards;
}

export function showShards(state: SeriesState): Tables {
  const times = ["start_time", "end_time", "expiry_time"];
  const columns = ["id", "database", "retention_policy", "shard_group", ...times, "owners"];
  const shards = shardsOf(state);
  return state.models.catalog.databases.map(({ name }: SeriesDatabase) => {
    const rows = shards
      .filter(({ database }) => database === name)
      .map((shard): Cell[] => [shard.id, name, shard.policy, shard.id, ...timesOf(shard), ""]);
    return table(columns, rows, name);
  });
}

export function showShardGroups(state: SeriesState): Tables {
  const times = ["start_time", "end_time", "expiry_time"];
  const rows = shardsOf(state).map((shard): Cell[] => {
    return [shard.id, shard.database, shard.policy, ...timesOf(shard)];
  });
  return [table(["id", "database", "retention_policy", ...times], rows, "shard groups")];
}

function timesOf({ start, end, expiry }: ShownShard): string[] {
  return [start, end, expiry].map(printTime);
}

/** Figures of one part of the server. */
export interface StatsModule {
  readonly name: string;
  readonly tags: readonly (readonly [string, string])[];
  readonly values: ReadonlyMap<string, Cell>;
}

export function showModules(modules: readonly StatsModule[], only: string): Tables {
  return modules
    .filter(({ name }) => only === "" || only === name)
    .map(({ name, tags, values }) => {
      return { ...table([...values.keys()], [[...values.values()]], name), tags };
    });
}
