/**
 * ALTER DATABASE … RENAME TO: everything is kept by the database's id, but the texts of continuous
 * queries and bindings, which name it. They are rewritten in the same operation.
 */
import type { SelectStatement, Source, StatementOf } from "../../influxql/ast.ts";
import { parseQuery } from "../../influxql/parse.ts";
import { printStatement } from "../../influxql/print-statement.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { SeriesModels } from "./series-models.ts";

type Rename = (database: string) => string;

/** Throws if there is no such database, or the new name is one already. */
export function renameDatabase(
  tx: Transaction,
  { name, newName }: StatementOf<"alter database">,
  { catalog, continuousQueries, bindings }: SeriesModels,
): void {
  catalog.renameDatabase(tx, name, newName);
  const rename: Rename = (database) => (database === name ? newName : database);
  for (const query of continuousQueries.list()) {
    const text = renamedText(query.content.text, rename);
    if (text === query.content.text) continue;
    continuousQueries.put(tx, { ...query, content: { ...query.content, text } });
  }
  for (const binding of bindings.list()) {
    const text = renamedText(binding.content.text, rename);
    if (text !== binding.content.text) bindings.put(tx, { ...binding, content: { text } });
  }
}

function renamedText(text: string, rename: Rename): string {
  const [statement] = parseQuery(text);
  switch (statement?.kind) {
    case "create continuous query": {
      const select = renamedSelect(statement.select, rename);
      return printStatement({ ...statement, database: rename(statement.database), select });
    }
    case "create binding":
      return printStatement({ ...statement, database: rename(statement.database) });
    default:
      return text;
  }
}

function renamedSelect(select: SelectStatement, rename: Rename): SelectStatement {
  const { into } = select;
  return {
    ...select,
    into: into === undefined ? undefined : { ...into, database: rename(into.database) },
    sources: select.sources.map((source) => renamedSource(source, rename)),
  };
}

function renamedSource(source: Source, rename: Rename): Source {
  switch (source.kind) {
    case "measurement":
      return { ...source, database: rename(source.database) };
    case "subquery":
      return { ...source, statement: renamedSelect(source.statement, rename) };
    default:
      return { ...source, sources: source.sources.map((each) => renamedSource(each, rename)) };
  }
}
