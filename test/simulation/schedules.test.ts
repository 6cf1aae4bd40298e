/**
 * A database with recurring schedules whose power fails again and again, on a simulated disk: every
 * instant becomes one event, which is delivered.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { previewInstants } from "../../src/models/events/cron.ts";
import { openDirectory } from "../../src/engine/open.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { SimulatedClock } from "../../src/ports/simulated-clock.ts";
import { SimulatedDisk } from "../../src/ports/simulated-disk.ts";
import { openMemoryTree } from "../../src/store/memory/memory-tree.ts";

const start = Date.parse("2030-01-01T00:00:05Z");
const cron = "*/10 * * * * *";
const names = ["a", "b", "c"];

interface Machine {
  clock: SimulatedClock;
  disk: SimulatedDisk;
  readonly random: SeededRandom;
}

function boot({ clock, disk, random }: Machine): Promise<Engine> {
  const openBaseTree = async () => openMemoryTree();
  return openDirectory("data", { clock, disk, random, openBaseTree }, { warn: () => {} });
}

/** The machine some time after its power failed. */
function reboot({ clock, disk, random }: Machine, downMs: number): Machine {
  return { clock: new SimulatedClock(clock.now() + downMs), disk: disk.crash(), random };
}

async function deliveries(db: Engine, count: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const delivery of db.events.subscribe({ topic: "t", group: "g" })) {
    ids.push(delivery.id);
    await delivery.ack();
    if (ids.length === count) break;
  }
  return ids;
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`schedules lose and repeat no run over power failures, seed ${seed}`, async () => {
    const random = new SeededRandom(seed);
    const disk = new SimulatedDisk(random);
    let machine: Machine = { clock: new SimulatedClock(start), disk, random };
    let db = await boot(machine);
    for (const name of names) {
      await db.events.schedule({ topic: "t", name, cron, payload: "x", missed: "fire-all" });
    }
    for (let failure = 0; failure < 8; failure++) {
      machine.disk.powerOffAfter(1 + random.below(12));
      await machine.clock.advance(random.below(60_000));
      machine = reboot(machine, random.below(120_000));
      db = await boot(machine);
    }
    await machine.clock.advance(10_000);
    const now = machine.clock.now();
    const instants = previewInstants({ cron, timeZone: "UTC" }, { count: 1000, from: start });
    const passed = instants.filter((instant) => instant <= now);
    const expected = names.flatMap((name) => passed.map((instant) => `${name}@${instant}`));
    for (const schedule of await db.events.listSchedules("t")) {
      assert.equal(schedule.runs, passed.length);
    }
    const ids = await deliveries(db, expected.length);
    assert.deepEqual(ids.sort(), expected.sort());
    await db.close();
  });
}
