/**
 * Runs SELECT. Compiled (compile.ts: checks that need no data), planned against the catalog
 * (plan.ts), then executed group by group: a group is one series of the result, and only what
 * belongs to it is in memory.
 */
import type { SelectStatement } from "./ast.ts";
import type { SelectContext, SeriesChunk, Value } from "./result.ts";
import { compileSelect } from "./select/compile.ts";
import type { Group } from "./select/groups.ts";
import { Pacer } from "./select/pacer.ts";
import { prepareSelect } from "./select/prepare-select.ts";
import type { RunSettings } from "./select/run-select.ts";
import type { SelectRun } from "./select/run-select.ts";
import { pointCounter } from "./select/run-select.ts";

/**
 * The chunks of the result, series by series. Errors are those of InfluxDB 1.x, thrown before the
 * first chunk where 1.x finds them before it runs.
 */
export async function* executeSelect(
  statement: SelectStatement,
  context: SelectContext,
): AsyncGenerator<SeriesChunk> {
  const compiled = compileSelect(statement, context.now);
  const warnings = new Set<string>();
  const settings: RunSettings = {
    context: { ...context, warn: (message) => warnings.add(message) },
    pacer: new Pacer(context),
    countPoints: pointCounter(context.limits.pointsMax),
  };
  const run = prepareSelect(compiled, settings, []);
  let hasRows = false;
  for (const group of run.groups()) {
    for await (const chunk of groupChunks(run, group, context)) {
      hasRows = true;
      yield chunk;
    }
  }
  // Why there is nothing; who got something is not told what else there might have been.
  if (!hasRows) for (const message of warnings) context.warn(message);
}

/** The rows of a group in chunks of bounded size. */
async function* groupChunks(
  run: SelectRun,
  group: Group,
  context: SelectContext,
): AsyncGenerator<SeriesChunk> {
  const { columns, types, compiled } = run.plan;
  const { timeZone } = compiled.statement;
  const zone = timeZone === undefined ? {} : { timeZone };
  const { chunkRows } = context.limits;
  const chunk = (rows: readonly (readonly Value[])[], isPartial: boolean): SeriesChunk => ({
    name: group.name,
    tags: group.tags,
    columns,
    types,
    rows,
    isPartial,
    ...zone,
  });
  let kept: (readonly Value[])[] = [];
  for await (const rows of run.rows(group)) {
    for (const row of rows) {
      if (kept.length === chunkRows) {
        yield chunk(kept, true);
        kept = [];
      }
      kept.push(row);
    }
  }
  if (kept.length > 0) yield chunk(kept, false);
}
