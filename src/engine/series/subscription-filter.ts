/** Which points of a write a subscription sends: those of its policy that pass its condition. */
import type { Expression, SelectStatement } from "../../influxql/ast.ts";
import type { SeriesChunk } from "../../influxql/result.ts";
import { parseCondition } from "../../influxql/parse.ts";
import type { Catalog, SeriesDatabase } from "../../models/series/catalog.ts";
import type { Defined } from "../../models/series/definitions.ts";
import { policyNotFound } from "../../models/series/series-error.ts";
import type { WriteBatch } from "../../models/series/write-batch.ts";
import type { SelectRunner } from "./select-runner.ts";
import type { SubscriptionContent } from "./series-models.ts";
import type { SubscriptionFilter } from "./subscription-sender.ts";

export interface FilterParts {
  readonly catalog: Catalog;
  readonly database: SeriesDatabase;
  readonly runner: Pick<SelectRunner, "batches">;
}

/** Throws NOT_FOUND if the policy is gone. */
export function subscriptionFilter(
  { content }: Defined<SubscriptionContent>,
  { catalog, database, runner }: FilterParts,
): SubscriptionFilter {
  const policy = catalog.policy(database, content.policy);
  if (policy === undefined) throw policyNotFound(content.policy);
  const condition = content.condition === undefined ? undefined : parseCondition(content.condition);
  const place = { database: database.name, policy: policy.name };
  return async function* filter(all): AsyncGenerator<SeriesChunk, undefined> {
    const batches = all.filter(({ policyId }) => policyId === policy.id);
    for (const id of measurementsOf(batches)) {
      const name = catalog.measurementById(id)?.name;
      // One measurement at a time: fields of one name may have different types in others.
      if (name !== undefined) yield* runner.batches(everything(name, condition), place, batches);
    }
    return undefined;
  };
}

function measurementsOf(batches: readonly WriteBatch[]): Set<number> {
  const ids = new Set<number>();
  for (const { rows, measurementIds } of batches) {
    for (let row = 0; row < rows; row++) ids.add(measurementIds[row] as number);
  }
  return ids;
}

/** SELECT * FROM name WHERE condition GROUP BY *. */
function everything(name: string, condition: Expression | undefined): SelectStatement {
  return {
    kind: "select",
    fields: [{ expression: { kind: "wildcard", type: undefined }, alias: "" }],
    into: undefined,
    sources: [
      { kind: "measurement", database: "", policy: "", name, regex: undefined, alias: "" },
    ],
    condition,
    dimensions: [{ kind: "wildcard", type: undefined }],
    having: undefined,
    fill: undefined,
    orderBy: [],
    limit: 0,
    offset: 0,
    slimit: 0,
    soffset: 0,
    timeZone: undefined,
  };
}
