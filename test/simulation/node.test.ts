/**
 * Whole nodes on simulated time and disk, driven by random programs, keep what events promise.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { replayable, rounds, seeds } from "../support/torture.ts";
import { NodeProgram } from "./node-program.ts";

function run(seed: number): Promise<string> {
  const fsyncMode = seed % 3 === 0 ? "every_event" : "batch";
  return new NodeProgram(seed, fsyncMode).run(rounds(150, 400));
}

test("a node keeps its promises whatever happens to it", async () => {
  for (const seed of seeds(12, 300)) await replayable(seed, () => run(seed));
});

test("a seed replays a run", async () => {
  assert.equal(await run(7), await run(7));
});
