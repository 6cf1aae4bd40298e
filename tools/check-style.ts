/**
 * Checks what the linter cannot: sizes, openings and names of files, words that must not be in the
 * project, sources without a test beside them. Functions, types and unused things: .oxlintrc.json.
 *
 * The rules are the constants below; `untested` may only shrink: an entry that is not needed any
 * more is a fault, too.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { blankSource } from "./scan-source.ts";
import { isProgram, projectRoot } from "./source-tree.ts";

/** Columns of a line and lines of a file; a file's target is 150 to 300 lines. */
const columnsMax = 100;
const linesMax = 600;

/** A source of more lines of code, comments not counted, needs a test beside it. */
const untestedLinesMax = 60;

/** What is not ours to check: names anywhere, and paths from the root. */
const skippedNames = new Set([".git", "node_modules", "dist"]);
const skippedPaths = new Set([".tmp", "data", "LICENSE"]);

/** Files checked for banned words only, besides all TypeScript. */
const textSuffixes = [".json", ".md", ".proto", ".yml", ".yaml", ".sh"];

const fileNames = /^_?[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:fuzz|bench))?(?:\.test)?\.ts$/;
const vagueNames = /^(?:utils?|helpers?|common|misc)\.ts$/;

interface BannedWord {
  readonly pattern: RegExp;
  readonly insteadDo: string;
}

/** In every file. Written so that this file does not contain them. */
const bannedAnywhere: readonly BannedWord[] = [
  { pattern: /(?<![\w.])\/work\//, insteadDo: "say it without this machine's paths" },
  { pattern: /\.\.\/shared(?![\w-])/, insteadDo: "the project stands alone" },
  { pattern: /"resolved":\s*"https?:/, insteadDo: "install again: .npmrc leaves it out" },
];

/** In TypeScript. */
const bannedInSource: readonly BannedWord[] = [
  { pattern: /\b(?:TO[D]O|FIX[M]E|XX[X])\b/, insteadDo: "finish it, or write an issue" },
  { pattern: /^export \* from/, insteadDo: "import from the file that defines the thing" },
];

/**
 * Sources over `untestedLinesMax` lines without a test beside them, or whole folders of such (with
 * "/" at the end), and what tests them.
 */
const untested: Readonly<Record<string, string>> = {
  "src/client/remote-acks.ts": "remote-subscription.test.ts",
  "src/client/remote-calls.ts": "remote-events.test.ts",
  "src/cli/inspect/format-report.ts": "inspect-data.test.ts",
  "src/cli/bench/publisher.ts": "run-bench.test.ts runs every workload",
  "src/cli/bench/subscriber.ts": "run-bench.test.ts",
  "src/log/jetstream/nats-shard-stream.ts": "test/contracts/jetstream-log.test.ts, real servers",
  "src/log/segments/": "one machine; log-contract.ts and segment-log.fuzz.test.ts in test/",
  "src/models/events/find-event.ts": "pending-events.test.ts, engine/event-queries.test.ts",
  "src/models/events/pending-changes.ts": "test/simulation/events-model.fuzz.test.ts",
  "src/models/events/pending-list.ts": "engine/event-queries.test.ts",
  "src/models/events/pending-scan.ts": "pending-events.test.ts, engine/event-queries.test.ts",
  "src/models/events/replay.ts": "engine/event-replays.test.ts",
  "src/models/events/replay-zones.ts": "replay-window.fuzz.test.ts",
  "src/influxql/functions/": "functions.test.ts asks every family",
  "src/influxql/select/": "execute-select.test.ts and execute-select.fuzz.test.ts",
  "src/ports/real-disk-lock.ts": "a part of RealDisk; test/contracts/disk-contract.ts",
  "src/ports/simulated-file-data.ts": "a part of SimulatedDisk; simulated-disk.test.ts",
  "src/protocols/http/route.ts": "types; routes.test.ts asks every route",
  "src/protocols/http/routes/": "routes.test.ts asks every route",
  "src/engine/zmap-scope.ts": "zmap-service.test.ts",
  "src/protocols/resp/client.ts": "state only; connection.test.ts and test/server/",
  "src/protocols/resp/event-feeds.ts": "commands/events.test.ts",
  "src/protocols/resp/commands/arguments.ts": "test/conformance",
  "src/protocols/resp/commands/bits.ts": "test/conformance/bit-conversations.ts",
  "src/protocols/resp/commands/expiry-options.ts": "test/conformance/string-conversations.ts",
  "src/protocols/resp/commands/generic.ts": "test/conformance/key-conversations.ts",
  "src/protocols/resp/commands/hashes.ts": "test/conformance/hash-conversations.ts",
  "src/protocols/resp/commands/lcs.ts": "test/conformance/string-conversations.ts",
  "src/protocols/resp/commands/scan.ts": "test/conformance/key-conversations.ts",
  "src/protocols/resp/commands/strings.ts": "test/conformance/string-conversations.ts",
  "src/protocols/resp/commands/namespace.ts": "test/conformance/namespace-conversations.ts",
  "src/protocols/resp/commands/zmap-numbers.ts": "test/conformance/zmap-conversations.ts",
  "src/store/merged-rows.ts": "layered-view.test.ts and runs/",
  "src/store/runs/": "run-tree.test.ts and run-tree.fuzz.test.ts, as a whole",
  "src/server/listeners.ts": "server.test.ts",
  "src/server/config/declaration.ts": "the rows of settings; read-settings.test.ts",
  "tools/layer-rules.ts": "a table; check-layers.test.ts runs every rule of it",
};

/** Checks the files (path to text); returns one line per fault, none when all is well. */
export function checkStyle(
  texts: ReadonlyMap<string, string>,
  allowed: Readonly<Record<string, string>> = untested,
): string[] {
  const faults = [...texts].flatMap(([path, text]) => [
    ...wordFaults(path, text, bannedAnywhere),
    ...(path.endsWith(".ts") ? sourceFaults(path, text) : []),
  ]);
  return [...faults, ...testFaults(texts, allowed)];
}

function sourceFaults(path: string, text: string): string[] {
  const lines = text.split("\n");
  const faults = lines.flatMap((line, at) => {
    return line.length > columnsMax ? [`${path}:${at + 1}: over ${columnsMax} columns`] : [];
  });
  const name = posix.basename(path);
  if (lines.length - 1 > linesMax) faults.push(`${path}: over ${linesMax} lines`);
  if (!/^(?:#!.*\n)?\/[*/]/.test(text) && !path.endsWith(".test.ts")) {
    faults.push(`${path}: does not open with a comment`);
  }
  if (!fileNames.test(name)) faults.push(`${path}: file names are kebab-case`);
  if (vagueNames.test(name)) faults.push(`${path}: name the file after what it holds`);
  return [...faults, ...wordFaults(path, text, bannedInSource)];
}

function wordFaults(path: string, text: string, words: readonly BannedWord[]): string[] {
  return text.split("\n").flatMap((line, at) => {
    return words
      .filter(({ pattern }) => pattern.test(line))
      .map(({ insteadDo }) => `${path}:${at + 1}: ${JSON.stringify(line.trim())}: ${insteadDo}`);
  });
}

function testFaults(
  texts: ReadonlyMap<string, string>,
  allowed: Readonly<Record<string, string>>,
): string[] {
  const missing = [...texts]
    .filter(([path, text]) => needsTest(path, text) && !hasTest(path, texts))
    .map(([path]) => path);
  return [
    ...missing
      .filter((path) => !Object.keys(allowed).some((entry) => covers(entry, path)))
      .map((path) => `${path}: over ${untestedLinesMax} lines of code and no test beside it`),
    ...Object.keys(allowed)
      .filter((entry) => !missing.some((path) => covers(entry, path)))
      .map((entry) => `tools/check-style.ts: ${entry} needs no exception any more`),
  ];
}

/** Whether an entry of `untested` is about this file. */
function covers(entry: string, path: string): boolean {
  return entry === path || (entry.endsWith("/") && path.startsWith(entry));
}

/** Whether the file is a long source with something to test: types alone have no behaviour. */
function needsTest(path: string, text: string): boolean {
  if (!/^(?:src|tools)\/.*\.ts$/.test(path) || path.endsWith(".test.ts")) return false;
  const code = blankSource(text);
  const lines = code.split("\n").filter((line) => line.trim() !== "");
  return lines.length > untestedLinesMax && /\b(?:function|class)\b/.test(code);
}

function hasTest(path: string, texts: ReadonlyMap<string, string>): boolean {
  const stem = path.slice(0, -".ts".length);
  return texts.has(`${stem}.test.ts`) || texts.has(`${stem}.fuzz.test.ts`);
}

/** The texts of the project below `folder`, by path. */
function projectTexts(folder: string): (readonly [string, string])[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (skippedNames.has(entry.name) || skippedPaths.has(path)) return [];
    if (entry.isDirectory()) return projectTexts(path);
    const isText = path.endsWith(".ts") || textSuffixes.some((suffix) => path.endsWith(suffix));
    if (!entry.isFile() || !(isText || !entry.name.includes("."))) return [];
    return [[path, readFileSync(join(projectRoot, path), "utf8")] as const];
  });
}

function main(): void {
  const texts = new Map(projectTexts("."));
  const faults = checkStyle(texts);
  process.stdout.write(faults.map((fault) => `${fault}\n`).join(""));
  process.stdout.write(`check-style: ${texts.size} files, ${faults.length} faults\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

if (isProgram(import.meta.filename)) main();
