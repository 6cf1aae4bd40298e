/** Every block of README.md and docs/ that is marked to be run (runnable-blocks.ts) is run. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { filesUnder, projectRoot } from "../../tools/source-tree.ts";
import { freePort } from "../support/real-server.ts";
import { missingLine, runnableBlocks } from "./runnable-blocks.ts";
import type { RunnableBlock } from "./runnable-blocks.ts";

/** An example that takes longer is none for a reader. */
const exampleTimeoutMs = 60_000;

const program = join(projectRoot, "dist/src/cli/main.js");

for (const page of ["README.md", "CONTRIBUTING.md", ...filesUnder("docs", ".md")]) {
  const markdown = readFileSync(join(projectRoot, page), "utf8");
  for (const block of runnableBlocks(markdown)) {
    test(`${page}:${block.line} does what it says`, (t) => runExample(t, block));
  }
}

async function runExample(t: TestContext, block: RunnableBlock): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cronosdb-example-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const environment = exampleEnvironment(folder);
  if (block.kind === "ts run") {
    const script = compileExample(t, block.code);
    return expectOutput(block, ["node", script], { cwd: folder, env: environment });
  }
  const code = block.kind === "bash server" ? await serveFor(t, folder, block.code) : block.code;
  expectOutput(block, ["bash", "-euo", "pipefail", "-c", code], { cwd: folder, env: environment });
}

/** Runs the command and compares what it prints. */
function expectOutput(
  block: RunnableBlock,
  command: readonly string[],
  place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): void {
  const [name = "", ...args] = command;
  const options = { ...place, encoding: "utf8", timeout: exampleTimeoutMs } as const;
  const run = spawnSync(name, args, options);
  assert.equal(run.status, 0, `${block.code}\n${run.stdout}${run.stderr}`);
  const missing = missingLine(block.output, run.stdout);
  assert.equal(missing, undefined, `${block.code}\nprinted\n${run.stdout}`);
}

/** The environment of a reader: `cronosdb` is a command, and no test runner is around. */
function exampleEnvironment(folder: string): NodeJS.ProcessEnv {
  const commands = join(folder, ".commands");
  mkdirSync(commands);
  const shim = `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`;
  writeFileSync(join(commands, "cronosdb"), shim, { mode: 0o755 });
  symlinkSync(process.execPath, join(commands, "node"));
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  return { ...environment, PATH: `${commands}${delimiter}${process.env["PATH"]}` };
}

/**
 * Compiles the code strictly, inside the project, where the package finds itself by its name.
 * Returns the path of the compiled script.
 */
function compileExample(t: TestContext, code: string): string {
  const folder = mkdtempSync(join(projectRoot, "dist/example-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "example.ts"), code);
  const flags = ["--strict", "--target", "es2023", "--module", "nodenext", "--types", "node"];
  const compiler = join(projectRoot, "node_modules/.bin/tsc");
  const run = spawnSync(compiler, [...flags, "--ignoreConfig", "--skipLibCheck", "example.ts"], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.equal(run.status, 0, `${code}\n${run.stdout}${run.stderr}`);
  return join(folder, "example.js");
}

/** Starts a server on free ports for the test; returns the code with these ports in it. */
async function serveFor(t: TestContext, folder: string, code: string): Promise<string> {
  const [grpcPort, httpPort] = [await freePort(), await freePort()];
  const grpc = ["--grpc-addr", `127.0.0.1:${grpcPort}`];
  const http = ["--http-addr", `127.0.0.1:${httpPort}`];
  const options = [...grpc, ...http, "--resp-addr", "off"];
  const server = spawn(process.execPath, [program, "serve", ...options], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  t.after(() => stop(server));
  await untilHealthy(`http://127.0.0.1:${httpPort}/health`, server);
  return code
    .replaceAll("localhost:9000", `127.0.0.1:${grpcPort}`)
    .replaceAll("localhost:8080", `127.0.0.1:${httpPort}`);
}

async function untilHealthy(url: string, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    assert.equal(server.exitCode, null, "The server ended before it was healthy");
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return;
    await sleep(50);
  }
  assert.fail(`${url} is not healthy`);
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill("SIGTERM");
  await once(server, "exit");
}
