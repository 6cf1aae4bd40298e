/**
 * Our side of a measurement: a `cronosdb serve` process with default settings on a directory of
 * its own, and the load of `cronosdb bench` from a second process.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchOptions, BenchProfile } from "../../src/cli/bench/bench-options.ts";
import type { BenchResult } from "../../src/cli/bench/bench-result.ts";
import { ServerProcess, runCommand } from "../../test/support/server-process.ts";
import type { Figures } from "./figures.ts";

/** What a measurement may change of a profile. */
export type LoadOverrides = Partial<
  Omit<BenchOptions, "call" | "sameDue" | "window" | "keepTopic">
>;

const flags: Readonly<Record<keyof LoadOverrides, string>> = {
  address: "--address",
  publishers: "--publishers",
  connections: "--connections",
  batch: "--batch",
  payloadBytes: "--payload-size",
  delayMs: "--delay",
  durationMs: "--duration",
  events: "--events",
  rate: "--rate",
  subscribers: "--subscribers",
  credits: "--credits",
  partitions: "--partitions",
};
const units: Readonly<Record<string, string>> = { delayMs: "ms", durationMs: "ms" };

/** Gives `run` an empty directory that is removed afterwards. */
export async function withDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "cronosdb-bench-"));
  try {
    return await run(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Gives `run` a server on an empty directory; both are gone afterwards. */
export function withServer<T>(run: (server: ServerProcess) => Promise<T>): Promise<T> {
  return withDirectory(async (directory) => {
    const server = await ServerProcess.start(directory);
    try {
      return await run(server);
    } finally {
      await server.stop();
    }
  });
}

/** Runs `cronosdb bench` against a server. Lost or doubled events are in the result. */
export async function runLoad(
  server: ServerProcess,
  profile: BenchProfile,
  overrides: LoadOverrides,
): Promise<BenchResult> {
  const given = Object.entries({ ...overrides, address: server.ready.grpc ?? "" });
  const args = given.flatMap(([name, value]) => [
    flags[name as keyof LoadOverrides],
    `${value}${units[name] ?? ""}`,
  ]);
  const { stdout, stderr } = await runCommand(["bench", profile, "--json", ...args]);
  if (stdout === "") throw new Error(`cronosdb bench ${profile} failed: ${stderr}`);
  return JSON.parse(stdout) as BenchResult;
}

/** The same on a server of its own. */
export function measureLoad(profile: BenchProfile, overrides: LoadOverrides): Promise<Figures> {
  return withServer(async (server) => loadFigures(await runLoad(server, profile, overrides)));
}

/** What the tables show of a result. */
export function loadFigures({ published, delivered, ...result }: BenchResult): Figures {
  const { ackRefused } = delivered;
  const failed = published.refused + published.failures + ackRefused;
  return {
    published: published.events,
    publishedPerSecond: published.perSecond,
    callP50Ms: published.latencyMs.p50,
    callP99Ms: published.latencyMs.p99,
    acked: delivered.acknowledged,
    ackedPerSecond: delivered.perSecond,
    lagP50Ms: delivered.lagMs.p50,
    lagP99Ms: delivered.lagMs.p99,
    wrong: result.lost + result.early + result.duplicates + result.foreign + failed,
  };
}
