/** install-servers with a made-up apt-get: what it installs, and that it tries again. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { projectRoot } from "./source-tree.ts";

interface Run {
  readonly status: number | null;
  readonly output: string;
  /** The calls of apt-get, one line each. */
  readonly calls: string;
}

/** Runs the program with an apt-get (and a sudo, and a sleep) that does `aptGet`. */
function runWith(t: TestContext, aptGet: string, servers: readonly string[]): Run {
  const folder = mkdtempSync(join(tmpdir(), "install-servers-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const calls = join(folder, "calls");
  const programs = {
    "apt-get": `echo "$*" >>${calls}\ncd ${folder}\n${aptGet}`,
    sudo: '"$@"',
    sleep: "",
    "present-server": "",
  };
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  writeFileSync(calls, "");
  const run = spawnSync(join(projectRoot, "tools/install-servers"), servers, {
    encoding: "utf8",
    env: { PATH: `${folder}${delimiter}/usr/bin${delimiter}/bin` },
  });
  const output = run.stdout + run.stderr;
  return { status: run.status, output, calls: readFileSync(calls, "utf8") };
}

test("install-servers installs what is missing, and only that", (t) => {
  const aptGet = '[ "$1" = update ] || { touch lost-server; chmod +x lost-server; }';
  const run = runWith(t, aptGet, ["present-server", "lost-server"]);
  assert.equal(run.status, 0, run.output);
  assert.equal(
    run.calls,
    "update -qq\ninstall -qq -y --no-install-recommends lost-server\n",
  );
});

test("install-servers does nothing when nothing is missing", (t) => {
  const run = runWith(t, "exit 1", ["present-server"]);
  assert.equal(run.status, 0, run.output);
  assert.equal(run.calls, "");
});

test("install-servers tries three times, then fails", (t) => {
  const run = runWith(t, "exit 1", ["lost-server"]);
  assert.notEqual(run.status, 0);
  assert.equal(run.calls, "update -qq\n".repeat(3));
  assert.match(run.output, /attempt 3 failed/);
});

test("install-servers fails when a package does not bring its server", (t) => {
  const run = runWith(t, "exit 0", ["lost-server"]);
  assert.notEqual(run.status, 0);
  assert.match(run.output, /lost-server is still missing/);
});
