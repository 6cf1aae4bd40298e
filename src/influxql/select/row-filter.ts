/** What happens to the rows of one series last: HAVING, ORDER BY a column, OFFSET and LIMIT. */
import type { Call, Reference } from "../ast.ts";
import type { Value } from "../result.ts";
import type { Compiled } from "./evaluate.ts";
import { compileExpression } from "./evaluate.ts";
import type { SelectPlan } from "./plan.ts";
import { callKey } from "./plan.ts";
import { QueryError } from "./query-error.ts";

type Row = readonly Value[];

export class RowFilter {
  readonly #having: Compiled<Row> | undefined;
  readonly #sort: readonly SortColumn[];
  readonly #limit: number;
  #skip: number;
  #given = 0;
  /** All rows, when they have to be sorted. */
  #kept: Row[] = [];

  constructor(plan: SelectPlan) {
    const { statement } = plan.compiled;
    const { having } = statement;
    this.#having = having === undefined ? undefined : compileExpression(having, columnOf(plan));
    this.#sort = sortColumns(plan);
    // As in 1.x, columns without functions are one row when there is OFFSET and no LIMIT.
    const unlimited = plan.compiled.isRaw && statement.offset > 0 ? 1 : Infinity;
    this.#limit = statement.limit === 0 ? unlimited : statement.limit;
    this.#skip = statement.offset;
  }

  /** Whether no further row will be taken. */
  get isDone(): boolean {
    return this.#given >= this.#limit;
  }

  /** The rows of these that go out now. */
  take(rows: readonly Row[]): readonly Row[] {
    const having = this.#having;
    const fitting =
      having === undefined ? rows : rows.filter((row) => having.evaluate(row) === true);
    if (this.#sort.length > 0) {
      for (const row of fitting) this.#kept.push(row);
      return [];
    }
    return this.#cut(fitting);
  }

  /** The rows that were held back until all were there. */
  finish(): readonly Row[] {
    if (this.#sort.length === 0) return [];
    const sorted = this.#kept.sort((a, b) => compareRows(a, b, this.#sort));
    this.#kept = [];
    return this.#cut(sorted);
  }

  #cut(rows: readonly Row[]): readonly Row[] {
    if (this.#skip === 0 && this.#given + rows.length <= this.#limit) {
      this.#given += rows.length;
      return rows;
    }
    const cut = rows.slice(this.#skip, this.#skip + this.#limit - this.#given);
    this.#skip = Math.max(0, this.#skip - rows.length);
    this.#given += cut.length;
    return cut;
  }
}

/** Names of columns and calls that are columns. */
function columnOf(plan: SelectPlan): (leaf: Reference | Call) => Compiled<Row> {
  return (leaf) => {
    const place =
      leaf.kind === "reference"
        ? plan.columns.indexOf(leaf.name)
        : plan.fields.findIndex(
            ({ expression }) =>
              expression.kind === "call" && callKey(expression) === callKey(leaf),
          ) + 1;
    if (place < (leaf.kind === "call" ? 1 : 0)) {
      throw new QueryError(`HAVING needs a selected column, ${leaf.name} is none`);
    }
    return { type: plan.types[place] ?? "unknown", evaluate: (row) => row[place] ?? null };
  };
}

interface SortColumn {
  readonly place: number;
  readonly sign: 1 | -1;
}

function sortColumns(plan: SelectPlan): SortColumn[] {
  const { orderBy } = plan.compiled.statement;
  return orderBy.flatMap(({ name, isAscending }) => {
    if (name.toLowerCase() === "time" && orderBy.length === 1) return [];
    if (plan.dimensions.includes(name)) return [];
    const place = name.toLowerCase() === "time" ? 0 : plan.columns.indexOf(name);
    if (place === -1) throw new QueryError(`ORDER BY needs a selected column, ${name} is none`);
    return [{ place, sign: isAscending ? 1 : -1 }];
  });
}

/** Nulls come last whatever the direction. */
function compareRows(a: Row, b: Row, columns: readonly SortColumn[]): number {
  for (const { place, sign } of columns) {
    const one = a[place] ?? null;
    const two = b[place] ?? null;
    if (one === null || two === null) {
      if (one !== two) return one === null ? 1 : -1;
    } else if (one < two) return -sign;
    else if (one > two) return sign;
  }
  return 0;
}
