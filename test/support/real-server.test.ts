/** What happens to a test whose server is or is not installed. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { findServer, freePort, requireServer } from "./real-server.ts";

/** Runs `body` with other values of PATH and CI. */
function withEnvironment(values: Readonly<Record<"PATH" | "CI", string>>, body: () => void): void {
  const before = { PATH: process.env["PATH"], CI: process.env["CI"] };
  Object.assign(process.env, values);
  try {
    body();
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

test("findServer() finds an executable on the PATH and passes by what is none", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "real-server-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, "redis-server");
  writeFileSync(program, "");
  withEnvironment({ PATH: folder, CI: "" }, () => {
    assert.notEqual(findServer("redis-server"), program);
    chmodSync(program, 0o755);
    assert.equal(findServer("redis-server"), program);
  });
});

test("requireServer() skips with a line, but fails in CI", (t) => {
  const name = "no-such-server" as "nats-server";
  const lines: (string | undefined)[] = [];
  const context = { skip: (line?: string) => lines.push(line) } as unknown as TestContext;
  withEnvironment({ PATH: "", CI: "false" }, () => {
    assert.equal(requireServer(context, name), undefined);
  });
  assert.match(String(lines[0]), /no-such-server is not installed/);
  withEnvironment({ PATH: "", CI: "true" }, () => {
    assert.throws(() => requireServer(t, name), /no-such-server is not installed/);
  });
});

test("freePort() gives a port that can be listened on", async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await new Promise((resolve) => server.close(resolve));
});
