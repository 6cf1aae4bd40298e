/** `cronosdb bench`: the load generator (bench/) against a running server. */
import { Command, InvalidArgumentError, Option } from "commander";
import { toCronosError } from "../base/errors.ts";
import { parseDuration, parseSize } from "../server/config/units.ts";
import { exitCodes } from "../server/exit-codes.ts";
import type { BenchOptions, BenchProfile } from "./bench/bench-options.ts";
import { benchOptions, benchProfiles } from "./bench/bench-options.ts";
import { formatProgress, formatResult, isClean } from "./bench/bench-result.ts";

const profiles = Object.keys(benchProfiles) as BenchProfile[];

/** Overrides of a workload, by the name of the option they replace. */
const overrides = {
  publishers: numberOption("--publishers <number>", "Closed loops; with streams: streams"),
  connections: numberOption("--connections <number>", "Connections the publishers share"),
  batch: numberOption("--batch <number>", "Events of one call"),
  payloadBytes: option("--payload-size <size>", "Payload of an event", parseSize),
  delayMs: option("--delay <duration>", "From publishing to the due time", parseDuration),
  durationMs: option("--duration <duration>", "How long to publish", parseDuration),
  events: numberOption("--events <number>", "Publish so many instead of for a time"),
  rate: numberOption("--rate <number>", "Events per second; 0: as many as possible"),
  subscribers: numberOption("--subscribers <number>", "Members of the group that receives"),
  credits: numberOption("--credits <number>", "Unacknowledged events a member may hold"),
  partitions: numberOption("--partitions <number>", "Of the topic; 0: the server's default"),
} as const satisfies Partial<Record<keyof BenchOptions, Option>>;

export function benchCommand(): Command {
  const command = new Command("bench")
    .description("Publish to a running server, receive and acknowledge everything, and measure")
    .argument("[workload]", `One of ${profiles.join(", ")}`, profileOf, "harness")
    .option("--address <address>", "host:port of the server's gRPC interface")
    .option("--keep-topic", "Leave the topic and its events there")
    .option("--json", "Write the result as JSON to standard output")
    .exitOverride();
  for (const each of Object.values(overrides)) command.addOption(each);
  return command.action(async (profile: BenchProfile, given: Readonly<Record<string, unknown>>) => {
    process.exit(await bench(benchOptions(profile, overridesOf(given)), given["json"] === true));
  });
}

/** The exit status: 0 when nothing was lost, early, doubled or refused. */
async function bench(options: BenchOptions, isJson: boolean): Promise<number> {
  const { runBench } = await import("./bench/run-bench.ts");
  try {
    const result = await runBench(options, {
      progress: (progress) => void process.stderr.write(`${formatProgress(progress)}\n`),
    });
    process.stdout.write(`${isJson ? JSON.stringify(result) : formatResult(result)}\n`);
    return isClean(result) ? exitCodes.ok : exitCodes.fault;
  } catch (error) {
    process.stderr.write(`cronosdb: ${toCronosError(error).message}\n`);
    return exitCodes.fault;
  }
}

/** Flags as the options they replace. */
export function overridesOf(given: Readonly<Record<string, unknown>>): Partial<BenchOptions> {
  const { address, keepTopic } = given;
  const numbers = Object.entries(overrides).flatMap(([name, each]) => {
    const value = given[each.attributeName()];
    return typeof value === "number" ? [[name, value] as const] : [];
  });
  return {
    ...(typeof address === "string" ? { address } : {}),
    ...(keepTopic === true ? { keepTopic } : {}),
    ...Object.fromEntries(numbers),
  };
}

function profileOf(text: string): BenchProfile {
  const profile = profiles.find((each) => each === text);
  if (profile === undefined) throw new InvalidArgumentError(`It is one of ${profiles.join(", ")}.`);
  return profile;
}

function numberOption(flag: string, text: string): Option {
  return option(flag, text, (value) => (/^\d+$/.test(value) ? Number(value) : undefined));
}

function option(
  flag: string,
  text: string,
  parse: (value: string) => number | undefined,
): Option {
  return new Option(flag, text).argParser((value) => {
    const parsed = parse(value);
    if (parsed === undefined) throw new InvalidArgumentError(`It cannot be ${value}.`);
    return parsed;
  });
}
