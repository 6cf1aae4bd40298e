/**
 * A redis-server on a directory of its own, gone after the measurement.
 */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { findServer, freePort } from "../../test/support/real-server.ts";
import { withDirectory } from "./cronosdb.ts";

/** How Redis keeps data; the first is the promise CronosDB makes by default. */
export const redisModes = {
  always: ["--save", "", "--appendonly", "yes", "--appendfsync", "always"],
  everysec: ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"],
  /** What redis-server does without a configuration: a snapshot every minute or hour. */
  snapshots: ["--appendonly", "no"],
} as const satisfies Record<string, readonly string[]>;

export type RedisMode = keyof typeof redisModes;

/** Gives `run` the port of a server. */
export function withRedis<T>(mode: RedisMode, run: (port: number) => Promise<T>): Promise<T> {
  return withRedisProcess(mode, ({ port }) => run(port));
}

/** Gives `run` the port and the process of a server. */
export function withRedisProcess<T>(
  mode: RedisMode,
  run: (server: { readonly port: number; readonly pid: number }) => Promise<T>,
): Promise<T> {
  return withDirectory(async (directory) => {
    const port = await freePort();
    const where = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
    const child = spawn(program(), [...where, ...redisModes[mode]], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    try {
      await ready(child);
      return await run({ port, pid: child.pid ?? 0 });
    } finally {
      child.kill();
      await closed;
    }
  });
}

/** Such as "7.0.15". */
export function redisVersion(): string {
  const text = execFileSync(program(), ["--version"], { encoding: "utf8" });
  return /v=([\d.]+)/.exec(text)?.[1] ?? "unknown";
}

function program(): string {
  const path = findServer("redis-server");
  if (path === undefined) throw new Error("redis-server is not installed");
  return path;
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`redis-server ended with ${String(code)}`)));
    if (child.stdout === null) return;
    createInterface(child.stdout).on("line", (line) => {
      if (line.includes("Ready to accept connections")) resolve();
    });
  });
}
