/**
 * Engines that take line protocol over HTTP, each as a process of its own on an empty directory
 * that is gone afterwards: ours, InfluxDB and VictoriaMetrics (Debian: influxdb, victoria-metrics).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { findServer, freePort } from "../../test/support/real-server.ts";
import { ServerProcess } from "../../test/support/server-process.ts";
import { withDirectory } from "./cronosdb.ts";

export const engineNames = ["cronosdb", "influxdb", "victoriametrics"] as const;
export type EngineName = (typeof engineNames)[number];

export interface MetricsEngine {
  readonly name: EngineName;
  readonly pid: number;
  readonly directory: string;
  /** Where it listens: "http://127.0.0.1:1234". */
  readonly url: string;
  /** Answers InfluxQL. */
  readonly hasInfluxql: boolean;
}

/** The program of an engine; undefined: it is not installed. Ours is. */
export function isInstalled(name: EngineName): boolean {
  return name === "cronosdb" || findServer(programs[name]) !== undefined;
}

const programs = { influxdb: "influxd", victoriametrics: "victoria-metrics" } as const;
const START_MS_MAX = 30_000;

/** Gives `run` a running engine with an empty database named "benchmark". */
export function withEngine<T>(
  name: EngineName,
  run: (engine: MetricsEngine) => Promise<T>,
): Promise<T> {
  return withDirectory(async (directory) => {
    const started = name === "cronosdb" ? await startOurs(directory) : await start(name, directory);
    try {
      const { engine } = started;
      if (engine.hasInfluxql) await query(engine, "CREATE DATABASE benchmark", "POST");
      return await run(engine);
    } finally {
      await started.stop();
    }
  });
}

interface Started {
  readonly engine: MetricsEngine;
  readonly stop: () => Promise<unknown>;
}

async function startOurs(directory: string): Promise<Started> {
  const server = await ServerProcess.start(directory);
  const { pid } = server;
  const engine = { name: "cronosdb", pid, directory, url: server.url(""), hasInfluxql: true };
  return { engine: { ...engine, name: "cronosdb" }, stop: () => server.stop() };
}

async function start(name: keyof typeof programs, directory: string): Promise<Started> {
  const port = await freePort();
  const rpcPort = await freePort();
  const arguments_ = {
    influxdb: ["run"],
    victoriametrics: [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${directory}`,
      "-retentionPeriod=100y",
    ],
  }[name];
  const child = spawn(findServer(programs[name]) ?? programs[name], arguments_, {
    stdio: "ignore",
    env: { ...process.env, ...influxSettings(directory, port, rpcPort) },
  });
  const ended = once(child, "close");
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}${name === "influxdb" ? "/ping" : "/health"}`);
  const hasInfluxql = name === "influxdb";
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  return { engine: { name, pid: child.pid ?? 0, directory, url, hasInfluxql }, stop };
}

/** As installed, but for places, and no waiting of minutes before it compacts what is on disk. */
function influxSettings(directory: string, port: number, rpcPort: number): Record<string, string> {
  return {
    INFLUXDB_REPORTING_DISABLED: "true",
    INFLUXDB_BIND_ADDRESS: `127.0.0.1:${rpcPort}`,
    INFLUXDB_META_DIR: `${directory}/meta`,
    INFLUXDB_DATA_DIR: `${directory}/data`,
    INFLUXDB_DATA_WAL_DIR: `${directory}/wal`,
    INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION: "10s",
    INFLUXDB_DATA_COMPACT_FULL_WRITE_COLD_DURATION: "20s",
    INFLUXDB_DATA_QUERY_LOG_ENABLED: "false",
    INFLUXDB_MONITOR_STORE_ENABLED: "false",
    INFLUXDB_HTTP_BIND_ADDRESS: `127.0.0.1:${port}`,
    INFLUXDB_HTTP_LOG_ENABLED: "false",
  };
}

async function answers(url: string): Promise<void> {
  const end = performance.now() + START_MS_MAX;
  for (;;) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(50);
    }
  }
}

/** Runs InfluxQL; gives the answer's bytes as text. Throws what is not status 200 or an error. */
export async function query(
  { url }: MetricsEngine,
  influxql: string,
  method: "GET" | "POST" = "GET",
): Promise<string> {
  const parameters = new URLSearchParams({ db: "benchmark", q: influxql });
  const response = await fetch(`${url}/query?${parameters}`, { method });
  const text = await response.text();
  if (!response.ok || text.slice(0, 300).includes('"error"')) {
    throw new Error(`${influxql}: ${response.status} ${text.slice(0, 300)}`);
  }
  return text;
}
