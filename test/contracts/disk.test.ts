import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RealDisk } from "../../src/ports/real-disk.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { SimulatedDisk } from "../../src/ports/simulated-disk.ts";
import { diskContract } from "./disk-contract.ts";

diskContract("RealDisk", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-disk-"));
  context.after(() => rm(directory, { recursive: true }));
  return { disk: new RealDisk(), directory };
});

diskContract("SimulatedDisk", async () => {
  const disk = new SimulatedDisk(new SeededRandom(1));
  await disk.makeDirectory("/data");
  return { disk, directory: "/data" };
});
