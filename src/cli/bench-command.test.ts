import assert from "node:assert/strict";
import { test } from "node:test";
import { benchProfiles } from "./bench/bench-options.ts";
import { benchCommand, overridesOf } from "./bench-command.ts";

/** What the command would run with. */
function parse(args: readonly string[]): Readonly<Record<string, unknown>> {
  const command = benchCommand().action(() => {});
  command.configureOutput({ writeErr: () => {} });
  command.parse(args, { from: "user" });
  return overridesOf(command.opts());
}

test("benchCommand() overrides options of the workload, with units", () => {
  const args = ["lag", "--delay", "2s", "--payload-size", "1KB", "--rate", "500", "--keep-topic"];
  const overrides = { delayMs: 2_000, payloadBytes: 1_024, rate: 500, keepTopic: true };
  assert.deepEqual(parse(args), overrides);
  assert.deepEqual(parse(["--address", "host:1"]), { address: "host:1" });
  assert.deepEqual(parse([]), {});
});

test("benchCommand() refuses workloads and values that make no sense", () => {
  const cases = [["fast"], ["--rate", "many"], ["--delay", "soon"], ["--batches", "5"]];
  for (const args of cases) assert.throws(() => parse(args), { exitCode: 1 }, args.join(" "));
});

test("benchCommand() names every workload", () => {
  const help = benchCommand().helpInformation();
  for (const profile of Object.keys(benchProfiles)) assert.ok(help.includes(profile), profile);
});
