/**
 * Data of the Time Series Benchmark Suite's "cpu-only" use case (github.com/timescale/tsbs), made
 * here with random numbers of our own: the same shape, so that engines can be compared among each
 * other, not with figures published elsewhere.
 *
 * A row is a host at a time: ten tags, ten integer fields, each a random walk of steps N(0, 1) that
 * starts anywhere in 0 … 100, is kept in it, and is cut to an integer. Rows come in the order of
 * time: all hosts every ten seconds.
 */
import { SeededRandom } from "../../src/ports/seeded-random.ts";

export const cpuFields = [
  "usage_user",
  "usage_system",
  "usage_idle",
  "usage_nice",
  "usage_iowait",
  "usage_irq",
  "usage_softirq",
  "usage_steal",
  "usage_guest",
  "usage_guest_nice",
] as const;

/** Seconds between two rows of a host. */
export const INTERVAL_S = 10;
/** 2016-01-01, Unix seconds. */
export const START_S = 1_451_606_400;

const regions: Readonly<Record<string, string>> = {
  "us-east-1": "abce",
  "us-west-1": "ab",
  "us-west-2": "abc",
  "eu-west-1": "abc",
  "eu-central-1": "ab",
  "ap-southeast-1": "ab",
  "ap-southeast-2": "ab",
  "ap-northeast-1": "ac",
  "sa-east-1": "abc",
};
const systems = ["Ubuntu16.10", "Ubuntu16.04LTS", "Ubuntu15.10"];
const teams = ["SF", "NYC", "LON", "CHI"];
const environments = ["production", "staging", "test"];
/** A value is 0 … 100. */
const VALUE_MAX = 100;
/** Normal random numbers come from a table: the generator must not be what is measured. */
const NORMAL_COUNT = 1 << 16;

export interface TsbsShape {
  readonly hosts: number;
  readonly hours: number;
  readonly seed: number;
}

/** Rows there are in all. */
export function rowCount({ hosts, hours }: TsbsShape): number {
  return hosts * Math.round((hours * 3600) / INTERVAL_S);
}

/** The rows as line protocol with times in nanoseconds, so many to a body. */
export function* lineBodies(shape: TsbsShape, rowsPerBody: number): Generator<Buffer> {
  const random = new SeededRandom(shape.seed);
  const normal = normalTable(random);
  const hosts = Array.from({ length: shape.hosts }, (_, host) => hostTags(host, random));
  const values = Float64Array.from({ length: shape.hosts * cpuFields.length }, () => {
    return random.next() * VALUE_MAX;
  });
  const texts = fieldTexts();
  const epochs = rowCount(shape) / shape.hosts;
  let at = random.below(NORMAL_COUNT);
  let lines: string[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const time = ` ${START_S + epoch * INTERVAL_S}000000000\n`;
    for (let host = 0; host < shape.hosts; host++) {
      let line = hosts[host] as string;
      for (let field = 0; field < cpuFields.length; field++) {
        const value = values[host * cpuFields.length + field] as number;
        const next = Math.min(Math.max(value + (normal[at] as number), 0), VALUE_MAX);
        // An odd stride, so that hosts do not walk alike.
        at = (at + 7919) & (NORMAL_COUNT - 1);
        values[host * cpuFields.length + field] = next;
        line += (texts[field] as string[])[Math.floor(next)] as string;
      }
      lines.push(line + time);
      if (lines.length === rowsPerBody) {
        yield Buffer.from(lines.join(""), "latin1");
        lines = [];
      }
    }
    at = (at + random.below(NORMAL_COUNT)) & (NORMAL_COUNT - 1);
  }
  if (lines.length > 0) yield Buffer.from(lines.join(""), "latin1");
}

function hostTags(host: number, random: SeededRandom): string {
  const pick = (values: readonly string[]): string => values[random.below(values.length)] as string;
  const region = pick(Object.keys(regions));
  const tags = {
    hostname: `host_${host}`,
    region,
    datacenter: region + pick([...(regions[region] as string)]),
    rack: random.below(100),
    os: pick(systems),
    arch: pick(["x64", "x86"]),
    team: pick(teams),
    service: random.below(20),
    service_version: random.below(2),
    service_environment: pick(environments),
  };
  return `cpu,${Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(",")}`;
}

/** Per field and value the text in a line. */
function fieldTexts(): string[][] {
  return cpuFields.map((field, index) => {
    const before = index === 0 ? " " : ",";
    return Array.from({ length: VALUE_MAX + 1 }, (_, value) => `${before}${field}=${value}i`);
  });
}

/** Box and Muller's method. */
function normalTable(random: SeededRandom): Float64Array {
  return Float64Array.from({ length: NORMAL_COUNT }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    return radius * Math.cos(2 * Math.PI * random.next());
  });
}
