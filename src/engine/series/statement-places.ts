/**
 * Which points a SELECT reads, told by the ids that a write has: so that everything that waits for
 * points (continuous queries, streams, subscriptions) asks of each write only whether it concerns
 * it, without running the query.
 */
import { compilePattern } from "../../influxql/select/evaluate.ts";
import { QueryError } from "../../influxql/select/query-error.ts";
import type { Measurement, SelectStatement, Source } from "../../influxql/ast.ts";
import type { Catalog } from "../../models/series/catalog.ts";
import { databaseNotFound, policyNotFound } from "../../models/series/series-error.ts";

/** Whether points of a measurement in a retention policy are read. */
export type Reads = (policyId: number, measurementId: number) => boolean;

/** Database and policy of sources that name none; "" is the default policy. */
export interface StatementPlace {
  readonly database: string;
  readonly policy: string;
}

interface NamedPlace {
  readonly policyId: number;
  readonly isNamed: (name: string) => boolean;
}

/**
 * What the statement reads, subqueries and joins included. Measurements may come and go. Throws
 * NOT_FOUND for a database or policy that is not there; from then on one that is gone is not read.
 */
export function statementReads(
  statement: SelectStatement,
  place: StatementPlace,
  catalog: Catalog,
): Reads {
  const sources = measurementsIn(statement.sources);
  let places = sources.map((source) => namedPlace(source, place, catalog));
  let { generation } = catalog;
  /** By measurement: its policies; what a measurement is called does not change. */
  const known = new Map<number, ReadonlySet<number>>();
  return (policyId, measurementId) => {
    if (catalog.generation !== generation) {
      ({ generation } = catalog);
      known.clear();
      places = placesLeft(sources, place, catalog);
    }
    let policies = known.get(measurementId);
    if (policies === undefined) {
      const name = catalog.measurementById(measurementId)?.name;
      const named = places.filter((each) => name !== undefined && each.isNamed(name));
      known.set(measurementId, (policies = new Set(named.map((each) => each.policyId))));
    }
    return policies.has(policyId);
  };
}

/** Every measurement among the sources, those of subqueries included. */
export function measurementsIn(sources: readonly Source[]): Measurement[] {
  return sources.flatMap((source) => {
    switch (source.kind) {
      case "measurement":
        return [source];
      case "subquery":
        return measurementsIn(source.statement.sources);
      default:
        return measurementsIn(source.sources);
    }
  });
}

function namedPlace(source: Measurement, place: StatementPlace, catalog: Catalog): NamedPlace {
  const databaseName = source.database === "" ? place.database : source.database;
  if (databaseName === "") throw new QueryError("database name required");
  const inherits = source.policy === "" && source.database === "";
  const policyName = inherits ? place.policy : source.policy;
  const database = catalog.database(databaseName);
  if (database === undefined) throw databaseNotFound(databaseName);
  const policy = catalog.policy(database, policyName);
  if (policy === undefined) throw policyNotFound(policyName);
  const { name, regex } = source;
  if (regex === undefined) return { policyId: policy.id, isNamed: (other) => other === name };
  const pattern = compilePattern(regex.source);
  return { policyId: policy.id, isNamed: (other) => pattern.test(other) };
}

function placesLeft(
  sources: readonly Measurement[],
  place: StatementPlace,
  catalog: Catalog,
): NamedPlace[] {
  return sources.flatMap((source) => {
    try {
      return [namedPlace(source, place, catalog)];
    } catch {
      return [];
    }
  });
}
