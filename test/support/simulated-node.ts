/**
 * A whole database on simulated parts: time that moves when told, a disk that fails as told, with
 * runs on it, and a base tree that outlives the process for all other rows. restart() is what the
 * next process finds after a kill or a power loss.
 */
import type { Engine } from "../../src/engine/engine.ts";
import { withRuns } from "../../src/engine/open-file-tree.ts";
import { openDirectory } from "../../src/engine/open.ts";
import type { EngineSettings } from "../../src/engine/settings.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { SimulatedClock } from "../../src/ports/simulated-clock.ts";
import { SimulatedDisk } from "../../src/ports/simulated-disk.ts";
import { MemoryTreeStorage, openMemoryTree } from "../../src/store/memory/memory-tree.ts";

/** How a process ended. */
export type Death = "kill" | "power loss";

export class SimulatedNode {
  readonly random: SeededRandom;
  readonly storage = new MemoryTreeStorage();
  readonly warnings: string[] = [];
  clock: SimulatedClock;
  disk: SimulatedDisk;
  settings: Partial<EngineSettings>;

  constructor(seed: number, settings: Partial<EngineSettings> = {}) {
    this.random = new SeededRandom(seed);
    this.clock = new SimulatedClock();
    this.disk = new SimulatedDisk(this.random);
    this.settings = settings;
  }

  /** Opens the database; take away what holds an earlier one with die() first. */
  open(): Promise<Engine> {
    const { clock, disk, random, storage, settings } = this;
    const warn = (message: string) => this.warnings.push(message);
    const openBaseTree = (directory: string) => {
      return withRuns(openMemoryTree(storage), { disk, directory, warn });
    };
    return openDirectory("data", { clock, disk, random, openBaseTree }, { settings, warn });
  }

  /** Ends the running process; its timers never fire again. The machine is down for `downMs`. */
  die(death: Death, downMs = 0): void {
    this.disk = death === "kill" ? this.disk.kill() : this.disk.crash();
    // Takes the base tree away from the dead process, as the disk's successor does with files.
    openMemoryTree(this.storage);
    this.storage.faults = {};
    this.clock = new SimulatedClock(this.clock.now() + downMs);
  }

  /** The power went by itself: powerOffAfter() of the disk. */
  get isPoweredOff(): boolean {
    return this.disk.isStopped;
  }

  /** Resolves when what was asked for so far has happened, as far as time needs not move. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }

  /** Files of the log, oldest first. */
  async logFiles(): Promise<string[]> {
    const names = await this.disk.list("data/log");
    return names.filter((name) => name.endsWith(".log")).map((name) => `data/log/${name}`);
  }
}
