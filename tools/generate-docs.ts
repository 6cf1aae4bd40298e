/**
 * The tables of the documentation that repeat what the code declares: settings, metrics, exit
 * statuses, HTTP paths. Each stands in its page between two comments:
 *
 *   <!-- table settings -->
 *   <!-- end -->
 *
 *   generate-docs           writes the tables into docs/
 *
 * generate-docs.test.ts fails when a page differs from the code.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { routes } from "../src/protocols/http/routes.ts";
import { declaration, environmentName, settingNames } from "../src/server/config/declaration.ts";
import { ServerMetrics } from "../src/server/metrics/server-metrics.ts";
import { isProgram, projectRoot } from "./source-tree.ts";

/** The pages that have tables. */
export const generatedPages = [
  "docs/configuration.md",
  "docs/http.md",
  "docs/operations.md",
] as const;

type Table = () => string | Promise<string>;

const tables: Readonly<Record<string, Table>> = {
  settings: settingsTable,
  metrics: metricsTable,
  paths: pathsTable,
};

/** The page with its tables as the code declares them. Throws for a table that nobody knows. */
export async function withTables(page: string): Promise<string> {
  let result = page;
  for (const [whole, start = "", name = ""] of page.matchAll(tablePattern)) {
    const table = tables[name];
    if (table === undefined) throw new Error(`Unknown table ${JSON.stringify(name)}`);
    const rows = await table();
    result = result.replace(whole, () => `${start}\n${rows}\n<!-- end -->`);
  }
  return result;
}

const tablePattern = /(<!-- table (\w+) -->)\n[^]*?<!-- end -->/g;

function settingsTable(): string {
  const rows = settingNames.map((name) => {
    const { form, default: initial, help } = declaration[name];
    const flag = form === "" ? `--${name}` : `--${name} ${form}`;
    return `| \`${flag}\` | \`${environmentName(name)}\` | \`${initial}\` | ${help} |`;
  });
  return ["| flag | variable | default | what it does |", "|---|---|---|---|", ...rows].join("\n");
}

async function metricsTable(): Promise<string> {
  const text = await new ServerMetrics().describe();
  const rows = [...text.matchAll(/^# HELP (cronosdb_\w+) (.+)\n# TYPE \w+ (\w+)$/gm)].map(
    ([, name, help, type]) => `| \`${name}\` | ${type} | ${help} |`,
  );
  return ["| metric | type | what it tells |", "|---|---|---|", ...rows].join("\n");
}

function pathsTable(): string {
  const rows = routes.map(({ method, path, summary }) => {
    return `| ${method} | \`${path}\` | ${summary} |`;
  });
  return ["| | path | what it does |", "|---|---|---|", ...rows].join("\n");
}

if (isProgram(import.meta.filename)) {
  for (const page of generatedPages) {
    const path = join(projectRoot, page);
    writeFileSync(path, await withTables(readFileSync(path, "utf8")));
  }
}
