/** Joins and merges as sources: every side is a query of its own, grouped by the tags to match. */
import type { JoinType } from "../ast.ts";
import type { ColumnType } from "../result.ts";
import type { Tags } from "../select-data.ts";
import type { SourceColumns } from "./expand.ts";
import { compareText } from "./expand.ts";
import type { Group } from "./groups.ts";
import type { JoinSide } from "./join-rows.ts";
import { joinRows } from "./join-rows.ts";
import type { Row } from "./row-reader.ts";
import { RowReader, timeOfRow } from "./row-reader.ts";
import type { RowGroup, RowSource } from "./row-source.ts";
import type { SelectRun } from "./run-select.ts";
import { rowBatches } from "./subquery-source.ts";
import type { TimeBounds } from "./time-bounds.ts";

export interface Side {
  /** What its columns are called by: alias.column; "": by their names, which have an alias. */
  readonly alias: string;
  /** Its part in the name of the joined series. */
  readonly title: string;
  readonly run: SelectRun;
}

export interface JoinSourceOptions {
  readonly type: JoinType;
  readonly toleranceNs: bigint | undefined;
  readonly dimensions: readonly string[];
}

/** Rows that are made into one batch. */
const ROWS_PER_BATCH = 1024;

/** Groups of all sides with the same tags. */
interface MatchedGroup {
  readonly tags: Tags;
  readonly groups: (Group | undefined)[];
}

export class JoinSource implements RowSource {
  readonly columns: SourceColumns;
  readonly columnNames: readonly string[];
  readonly #types: readonly ColumnType[];
  readonly #sides: readonly Side[];
  readonly #options: JoinSourceOptions;

  constructor(sides: readonly Side[], options: JoinSourceOptions) {
    const names = sides.flatMap(({ alias, run }) =>
      run.plan.columns.slice(1).map((column) => (alias === "" ? column : `${alias}.${column}`)),
    );
    const types = sides.flatMap(({ run }) => run.plan.types.slice(1));
    this.columnNames = names;
    this.columns = {
      fields: new Map(names.map((name, i) => [name, types[i] ?? "unknown"])),
      tags: new Set(options.dimensions),
    };
    this.#types = ["time", ...types];
    this.#sides = sides;
    this.#options = options;
  }

  *groups(): Iterable<RowGroup> {
    const { type } = this.#options;
    for (const matched of matchGroups(this.#sides)) {
      const isFirstOnly = type === "left" || type === "asof";
      const needed = isFirstOnly ? matched.groups.slice(0, 1) : matched.groups;
      const isWhole = needed.every((group) => group !== undefined);
      if (!isWhole && type !== "full") continue;
      yield {
        name: this.#sides.map(({ title }) => title).join("_join_"),
        tags: matched.tags,
        isUnordered: false,
        batches: (bounds) =>
          batchesOf(this.#rows(matched, bounds), { types: this.#types, bounds }),
      };
    }
  }

  #rows({ groups }: MatchedGroup, { isAscending }: TimeBounds): AsyncIterable<Row> {
    const sides = this.#sides.map(({ run }, side): JoinSide => {
      const group = groups[side];
      return {
        rows: group === undefined ? noRows() : run.rows(group),
        width: run.plan.columns.length - 1,
      };
    });
    const { type, toleranceNs } = this.#options;
    return joinRows(sides, { type, toleranceNs, isAscending });
  }
}

/** Name of the one series of merge(), and of its column that tells where a row is from. */
const mergedName = "merged";
const originColumn = "_orig_series";

/** All rows of the sides in one stream. */
export class MergeSource implements RowSource {
  readonly columns: SourceColumns;
  readonly columnNames: readonly string[];
  readonly #types: readonly ColumnType[];
  readonly #sides: readonly Side[];

  constructor(sides: readonly Side[], dimensions: readonly string[]) {
    const fields = new Map<string, ColumnType>([[originColumn, "string"]]);
    for (const { run } of sides) {
      for (const [i, name] of run.plan.columns.slice(1).entries()) {
        if (!fields.has(name)) fields.set(name, run.plan.types[i + 1] ?? "unknown");
      }
    }
    this.columns = { fields, tags: new Set(dimensions) };
    this.columnNames = [...fields.keys()];
    this.#types = ["time", ...fields.values()];
    this.#sides = sides;
  }

  *groups(): Iterable<RowGroup> {
    for (const matched of matchGroups(this.#sides)) {
      yield {
        name: mergedName,
        tags: matched.tags,
        isUnordered: false,
        batches: (bounds) =>
          batchesOf(this.#rows(matched, bounds), { types: this.#types, bounds }),
      };
    }
  }

  async *#rows({ groups }: MatchedGroup, { isAscending }: TimeBounds): AsyncGenerator<Row> {
    const readers = this.#sides.map(({ run, alias }, side) => {
      const group = groups[side];
      const places = this.columnNames.map((name) => run.plan.columns.indexOf(name, 1));
      const rows = group === undefined ? noRows() : run.rows(group);
      return { reader: new RowReader(rows), places, alias: group?.name ?? alias };
    });
    for (;;) {
      let next: (typeof readers)[number] | undefined;
      let nextTime = 0n;
      for (const each of readers) {
        if (each.reader.isEmpty) await each.reader.fill();
        const row = each.reader.next;
        if (row === undefined) continue;
        const time = timeOfRow(row);
        if (next !== undefined && (isAscending ? time >= nextTime : time <= nextTime)) continue;
        next = each;
        nextTime = time;
      }
      const row = next?.reader.next;
      if (next === undefined || row === undefined) return;
      next.reader.skip();
      const { alias, places } = next;
      yield [
        nextTime,
        ...this.columnNames.map((name, i) =>
          name === originColumn ? alias : (row[places[i] ?? -1] ?? null),
        ),
      ];
    }
  }
}

async function* noRows(): AsyncGenerator<readonly Row[]> {
  // A side without a group has nothing to give.
}

/** Puts groups of equal tags together; several of one side cannot have the same ones. */
function matchGroups(sides: readonly Side[]): MatchedGroup[] {
  const matched = new Map<string, MatchedGroup>();
  for (const [side, { run }] of sides.entries()) {
    for (const group of run.groups()) {
      const key = group.tags.map(([, value]) => value).join("\0");
      let entry = matched.get(key);
      if (entry === undefined) {
        entry = { tags: group.tags, groups: sides.map(() => undefined) };
        matched.set(key, entry);
      }
      entry.groups[side] = group;
    }
  }
  return [...matched].toSorted(([a], [b]) => compareText(a, b)).map(([, entry]) => entry);
}

async function* batchesOf(
  rows: AsyncIterable<Row>,
  { types, bounds }: { readonly types: readonly ColumnType[]; readonly bounds: TimeBounds },
) {
  let kept: Row[] = [];
  for await (const row of rows) {
    kept.push(row);
    if (kept.length < ROWS_PER_BATCH) continue;
    yield* rowBatches(kept, types, bounds);
    kept = [];
  }
  yield* rowBatches(kept, types, bounds);
}
