/**
 * redis-benchmark, the load generator that comes with redis-server, against any RESP server.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findServer } from "../../test/support/real-server.ts";
import type { Figures } from "./figures.ts";
import { cpuMs } from "./process-usage.ts";

export const clients = 50;
const keys = 1_000_000;
export const valueBytes = 64;

/** A server under load. */
export interface Target {
  readonly port: number;
  readonly pid: number;
}

export interface BenchmarkLoad {
  readonly command: readonly string[];
  /** Commands that a client sends before it waits. */
  readonly depth: number;
  readonly requests: number;
}

/** One of a million keys, by chance, as redis-benchmark fills it in. */
export const anyKey = "key:__rand_int__";
export const anyValue = "x".repeat(valueBytes);

/** Commands a second, latency, and the server's processor time for each command. */
export async function runRedisBenchmark(target: Target, load: BenchmarkLoad): Promise<Figures> {
  const program = findServer("redis-benchmark");
  if (program === undefined) throw new Error("redis-benchmark is not installed");
  const { command, depth, requests } = load;
  const counts = ["-c", clients, "-r", keys, "-n", requests, "-P", depth].map(String);
  const before = cpuMs(target.pid);
  const { stdout } = await promisify(execFile)(program, [
    "-p",
    String(target.port),
    ...counts,
    "--csv",
    ...command,
  ]);
  const cpu = cpuMs(target.pid) - before;
  const [, perSecond, , , p50, , p99] = lastRow(stdout);
  return {
    perSecond: Number(perSecond),
    p50Ms: Number(p50),
    p99Ms: Number(p99),
    cpuUs: (cpu * 1000) / requests,
  };
}

/** The fields of the last line: test, rps, latency average, min, p50, p95, p99, max. */
function lastRow(csv: string): readonly string[] {
  const line = csv.trim().split("\n").at(-1) ?? "";
  return line.split('","').map((field) => field.replaceAll('"', ""));
}
