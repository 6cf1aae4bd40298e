/**
 * Checks that the tree is the architecture (rules in layer-rules.ts):
 *
 * - imports go to the left only, and no files import each other in a circle;
 * - time, timers, randomness, files and the process are used through their ports;
 * - every npm package is imported in its place only;
 * - types are imported with `import type`, not inside the braces.
 *
 *   check-layers            checks the tree; exit status 1 when something is wrong
 *   check-layers --print    prints the table of layers for ARCHITECTURE.md
 *
 * Tests are exempt from the doors and the packages, not from layers and circles. Code outside src/
 * (test/, bench/, tools/) may import anything; src/ may import from there in tests only.
 */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { importCycles } from "./import-cycles.ts";
import { doorRules, layers, packagePlaces } from "./layer-rules.ts";
import type { DoorRule, Layer } from "./layer-rules.ts";
import { blankSource, importsOf, lineAt } from "./scan-source.ts";
import type { ImportOf } from "./scan-source.ts";
import { filesUnder, isProgram, projectRoot } from "./source-tree.ts";

/** A file of the tree as the checks see it. */
interface CheckedFile {
  readonly path: string;
  readonly code: string;
  readonly imports: readonly ImportOf[];
  readonly isTest: boolean;
}

/** Checks the files (path to source); returns one line per fault, none when all is well. */
export function checkLayers(sources: ReadonlyMap<string, string>): string[] {
  const files = [...sources].map(([path, source]) => checkedFile(path, source));
  const faults = files.flatMap((file) => [
    ...inlineTypeFaults(file),
    ...layerFaults(file),
    ...(file.isTest ? [] : [...doorFaults(file), ...packageFaults(file)]),
  ]);
  const edges = new Map(files.map((file) => [file.path, importedFiles(file)]));
  const cycles = importCycles(edges).map((cycle) => `${cycle.join(" -> ")}: import cycle`);
  return [...faults, ...cycles];
}

/** The table of layers as Markdown, for ARCHITECTURE.md. */
export function layerTable(): string {
  const rows = layers.map(({ name, holds, mayImport }, at) => {
    const above = layers.slice(0, at).map((layer) => layer.name);
    const isAll = at > 2 && above.every((layer) => mayImport.includes(layer));
    const from = isAll ? "all above" : mayImport.join(", ") || "nothing";
    return `| \`${name}\` | ${holds} | ${from} |`;
  });
  return ["| layer | holds | may import |", "|---|---|---|", ...rows, ""].join("\n");
}

function checkedFile(path: string, source: string): CheckedFile {
  const code = blankSource(source);
  const isTest = !path.startsWith("src/") || /\.(?:test|fuzz\.test|bench)\.ts$/.test(path);
  return { path, code, imports: importsOf(source, code), isTest };
}

function importedFiles(file: CheckedFile): string[] {
  return file.imports.flatMap((each) => targetOf(file, each) ?? []);
}

/** The file a relative import names; undefined for a package. */
function targetOf(file: CheckedFile, { specifier }: ImportOf): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return posix.normalize(posix.join(posix.dirname(file.path), specifier));
}

/** The layer of a path in src/: its folder, or its name when it is in src/ itself. */
function layerOf(path: string): Layer | undefined {
  const name = path.split("/")[1]?.replace(/^index\.test\.ts$/, "index.ts");
  return path.startsWith("src/") ? layers.find((layer) => layer.name === name) : undefined;
}

function inlineTypeFaults(file: CheckedFile): string[] {
  return file.imports
    .filter((each) => each.inlineType)
    .map(({ line }) => `${file.path}:${line}: import types with a line of their own, import type`);
}

function layerFaults(file: CheckedFile): string[] {
  if (!file.path.startsWith("src/")) return [];
  const from = layerOf(file.path);
  if (from === undefined) return [`${file.path}:1: src/ has no such layer (tools/layer-rules.ts)`];
  return file.imports.flatMap((each) => {
    const target = targetOf(file, each);
    if (target === undefined || (!target.startsWith("src/") && file.isTest)) return [];
    const to = layerOf(target)?.name ?? target;
    if (to === from.name || from.mayImport.includes(to)) return [];
    return [`${file.path}:${each.line}: ${from.name} may not import ${to} (${each.specifier})`];
  });
}

function doorFaults(file: CheckedFile): string[] {
  return doorRules
    .filter((rule) => file.path.startsWith(rule.within ?? "src/"))
    .filter((rule) => !rule.exceptions.some(({ path }) => file.path.startsWith(path)))
    .flatMap((rule) => {
      return doorLines(file, rule).map(({ line, what }) => {
        return `${file.path}:${line}: ${what} is ${rule.name}: use ${rule.insteadUse}`;
      });
    });
}

function doorLines(file: CheckedFile, rule: DoorRule): { line: number; what: string }[] {
  const { code, module } = rule;
  const inCode = code === undefined ? [] : [...file.code.matchAll(new RegExp(code.source, "g"))];
  const inImports = file.imports.filter(({ specifier }) => module?.test(specifier) ?? false);
  return [
    ...inCode.map((match) => ({ line: lineAt(file.code, match.index), what: match[0] })),
    ...inImports.map(({ line, specifier }) => ({ line, what: specifier })),
  ];
}

function packageFaults(file: CheckedFile): string[] {
  return file.imports.flatMap(({ specifier, line }) => {
    if (/^(?:\.|node:)/.test(specifier)) return [];
    const place = packagePlaces.find(({ name }) => {
      return specifier === name || specifier.startsWith(name.endsWith("/") ? name : `${name}/`);
    });
    if (place === undefined) return [`${file.path}:${line}: ${specifier} has no place yet`];
    if (place.layers.includes(layerOf(file.path)?.name ?? "")) return [];
    return [`${file.path}:${line}: ${specifier} belongs to ${place.layers.join(", ")}`];
  });
}

function main(): void {
  if (process.argv.includes("--print")) {
    process.stdout.write(layerTable());
    return;
  }
  const paths = ["src", "test", "bench", "tools"].flatMap((folder) => filesUnder(folder, ".ts"));
  const read = (path: string): string => readFileSync(join(projectRoot, path), "utf8");
  const faults = checkLayers(new Map(paths.map((path) => [path, read(path)])));
  process.stdout.write(faults.map((fault) => `${fault}\n`).join(""));
  process.stdout.write(`check-layers: ${paths.length} files, ${faults.length} faults\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

if (isProgram(import.meta.filename)) main();
