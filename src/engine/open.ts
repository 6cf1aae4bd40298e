/**
 * Opening a database: chooses the parts and puts them together.
 *
 *   <path>/LOCK      who has it open
 *   <path>/log/      segment files (log/segments)
 *   <path>/store/    the base tree (store/lmdb), in runs/ the rows of time series (store/runs)
 */
import { CronosError } from "../base/errors.ts";
import { MemoryLog } from "../log/memory/memory-log.ts";
import { openSegmentLog } from "../log/segments/segment-log.ts";
import type { Clock } from "../ports/clock.ts";
import type { Disk } from "../ports/disk.ts";
import type { Random } from "../ports/random.ts";
import { RealClock } from "../ports/real-clock.ts";
import { RealDisk } from "../ports/real-disk.ts";
import { RealRandom } from "../ports/real-random.ts";
import { SimulatedClock } from "../ports/simulated-clock.ts";
import type { BaseTree } from "../store/base-tree.ts";
import { openMemoryTree } from "../store/memory/memory-tree.ts";
import { openFileTree } from "./open-file-tree.ts";
import { Engine } from "./engine.ts";
import type { EngineMetrics } from "./metrics.ts";
import { noMetrics } from "./metrics.ts";
import type { EngineSettings } from "./settings.ts";
import type { SendPoints } from "./series/subscription-sender.ts";
import { engineSettings } from "./settings.ts";

export interface OpenOptions {
  readonly settings?: Partial<EngineSettings>;
  readonly metrics?: EngineMetrics;
  /** Told what an operator should know; default: standard error. */
  readonly warn?: (message: string) => void;
  /** Sends points of subscriptions (CREATE SUBSCRIPTION); without it they wait. */
  readonly sendPoints?: SendPoints;
}

/** The parts that a simulation passes in instead of the machine's. */
export interface OpenComponents {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: Random;
  readonly openBaseTree: (directory: string) => Promise<BaseTree>;
}

/** A database in memory, with a clock that moves only when it is told to. */
export interface MemoryDatabase extends Engine {
  readonly clock: SimulatedClock;
}

/** Opens the database in the directory `path`, which is made if need be, or in memory. */
export function open(path: ":memory:", options?: OpenOptions): Promise<MemoryDatabase>;
export function open(path: string, options?: OpenOptions): Promise<Engine>;
export async function open(path: string, options: OpenOptions = {}): Promise<Engine> {
  if (typeof path !== "string" || path === "") {
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Path must be a directory or ":memory:": got ${path}`,
    );
  }
  if (path === ":memory:") return openMemory(options);
  return openDirectory(path, realComponents(reporting(options).warn), options);
}

/** Opens a database in a directory with the given parts. */
export async function openDirectory(
  path: string,
  components: OpenComponents,
  options: OpenOptions = {},
): Promise<Engine> {
  const { disk, clock, random } = components;
  const settings = engineSettings(options.settings);
  await disk.makeDirectory(path);
  const unlock = await disk.lockDirectory(path);
  try {
    const log = await openSegmentLog(`${path}/log`, { disk, clock, random }, settings);
    const base = await components.openBaseTree(`${path}/store`).catch(async (error: unknown) => {
      await log.close();
      throw error;
    });
    return await Engine.start({
      log,
      base,
      clock,
      random,
      settings,
      ...reporting(options),
      sendPoints: options.sendPoints,
      release: unlock,
      freeBytes: () => disk.freeBytes(path),
    });
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function openMemory(options: OpenOptions): Promise<MemoryDatabase> {
  const clock = new SimulatedClock(new RealClock().now());
  const engine = await Engine.start({
    log: new MemoryLog(),
    base: openMemoryTree(),
    clock,
    random: new RealRandom(),
    settings: engineSettings(options.settings),
    ...reporting(options),
    sendPoints: options.sendPoints,
    release: async () => {},
    freeBytes: async () => 0,
  });
  return Object.assign(engine, { clock });
}

function realComponents(warn: (message: string) => void): OpenComponents {
  const disk = new RealDisk();
  return {
    clock: new RealClock(),
    disk,
    random: new RealRandom(),
    openBaseTree: (directory) => openFileTree(disk, directory, warn),
  };
}

function reporting(options: OpenOptions): {
  readonly metrics: EngineMetrics;
  readonly warn: (message: string) => void;
} {
  return {
    metrics: options.metrics ?? noMetrics,
    warn: options.warn ?? ((message) => process.emitWarning(message, "CronosDB")),
  };
}
