/**
 * Real servers that some tests run against: nats-server and redis-server, both in Debian. They are
 * optional on a developer's machine: tests that need a missing one are skipped with a line that
 * says so. With CI=true a missing server is a failure, so that nothing is skipped unseen.
 */
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";

export type ServerName =
  | "nats-server"
  | "redis-server"
  | "redis-benchmark"
  | "redis-cli"
  | "etcd"
  | "influxd"
  | "victoria-metrics";

/** Debian puts servers into sbin, which the PATH of an ordinary user does not always have. */
const moreFolders = ["/usr/sbin", "/usr/local/sbin"];

/** The path of the server's program, or undefined if it is not installed. */
export function findServer(name: ServerName): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...moreFolders];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/**
 * The path of the server's program. When it is missing, the test is skipped (undefined is returned
 * and the caller returns); with CI=true it fails instead.
 */
export function requireServer(t: TestContext, name: ServerName): string | undefined {
  const path = findServer(name);
  if (path !== undefined) return path;
  const text = `${name} is not installed (tools/install-servers installs it)`;
  if (process.env["CI"] === "true") throw new Error(text);
  t.skip(text);
  return undefined;
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
