/** SHOW statements by their kind. */
import type { Statement } from "../../influxql/ast.ts";
import { seriesError } from "../../models/series/series-error.ts";
import type { QueryRegistry } from "./query-registry.ts";
import type { SeriesState } from "./series-state.ts";
import { showCardinality } from "./show-cardinality.ts";
import { showFieldKeys, showMeasurements, showSeries } from "./show-schema.ts";
import { showTagKeys, showTagValues } from "./show-schema.ts";
import type { Tables } from "./show-schema.ts";
import { showBindings, showContinuousQueries, showDatabases } from "./show-server.ts";
import { showModules, showPolicies, showQueries, showShardGroups } from "./show-server.ts";
import { showShards, showSubscriptions } from "./show-server.ts";
import type { StatsModule } from "./show-server.ts";

export interface ShowParts {
  readonly state: SeriesState;
  readonly registry: QueryRegistry;
  readonly isVisible: (database: string) => boolean;
  readonly stats: () => readonly StatsModule[];
  readonly diagnostics: () => readonly StatsModule[];
}

/** The answer, in steps; throws for statements that are no SHOW of time series. */
export function show(statement: Statement, parts: ShowParts): Tables {
  const { state, registry } = parts;
  switch (statement.kind) {
    case "show databases":
      return showDatabases(state, parts.isVisible);
    case "show retention policies":
      return showPolicies(statement, state);
    case "show measurements":
      return showMeasurements(statement, state);
    case "show series":
      return showSeries(statement, state);
    case "show tag keys":
      return showTagKeys(statement, state);
    case "show tag values":
      return showTagValues(statement, state);
    case "show field keys":
      return showFieldKeys(statement, state);
    case "show cardinality":
      return showCardinality(statement, state);
    case "show continuous queries":
      return showContinuousQueries(state);
    case "show subscriptions":
      return showSubscriptions(state);
    case "show bindings":
      return showBindings(statement, state);
    case "show queries":
      return showQueries(registry);
    case "show shards":
      return showShards(state);
    case "show shard groups":
      return showShardGroups(state);
    case "show stats":
      return showModules(parts.stats(), statement.module);
    case "show diagnostics":
      return showModules(parts.diagnostics(), statement.module);
    default:
      throw seriesError("INVALID_ARGUMENT", `${statement.kind.toUpperCase()} is not supported`);
  }
}
