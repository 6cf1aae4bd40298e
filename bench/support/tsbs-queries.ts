/**
 * The fifteen query types of the Time Series Benchmark Suite's "cpu-only" use case, in InfluxQL as
 * its generator writes them. Windows and hosts are drawn at random, without repeating a host.
 */
import type { Random } from "../../src/ports/random.ts";
import { cpuFields, START_S } from "./tsbs-data.ts";
import type { TsbsShape } from "./tsbs-data.ts";

/** Makes a query of its type. */
type QueryMaker = (shape: TsbsShape, random: Random) => string;

export const queryTypes: Readonly<Record<string, QueryMaker>> = {
  "single-groupby-1-1-1": (shape, random) => singleGroupBy(shape, random, [1, 1, 1]),
  "single-groupby-1-1-12": (shape, random) => singleGroupBy(shape, random, [1, 1, 12]),
  "single-groupby-1-8-1": (shape, random) => singleGroupBy(shape, random, [1, 8, 1]),
  "single-groupby-5-1-1": (shape, random) => singleGroupBy(shape, random, [5, 1, 1]),
  "single-groupby-5-1-12": (shape, random) => singleGroupBy(shape, random, [5, 1, 12]),
  "single-groupby-5-8-1": (shape, random) => singleGroupBy(shape, random, [5, 8, 1]),
  "cpu-max-all-1": (shape, random) => maxAll(shape, random, 1),
  "cpu-max-all-8": (shape, random) => maxAll(shape, random, 8),
  "double-groupby-1": (shape, random) => doubleGroupBy(shape, random, 1),
  "double-groupby-5": (shape, random) => doubleGroupBy(shape, random, 5),
  "double-groupby-all": (shape, random) => doubleGroupBy(shape, random, cpuFields.length),
  "high-cpu-1": (shape, random) => highCpu(shape, random, 1),
  "high-cpu-all": (shape, random) => highCpu(shape, random, 0),
  lastpoint: () => 'SELECT * from cpu group by "hostname" order by time desc limit 1',
  "groupby-orderby-limit": (shape, random) => {
    const { to } = between(shape, random, 1);
    const select = `SELECT max(usage_user) from cpu WHERE time < '${to}'`;
    return `${select} group by time(1m) limit 5`;
  },
};

function singleGroupBy(
  shape: TsbsShape,
  random: Random,
  [fields, hosts, hours]: readonly [number, number, number],
): string {
  const where = `${hostsIn(shape, random, hosts)} and ${timesIn(shape, random, hours)}`;
  return `SELECT ${calls("max", fields)} from cpu where ${where} group by time(1m)`;
}

function maxAll(shape: TsbsShape, random: Random, hosts: number): string {
  const where = `${hostsIn(shape, random, hosts)} and ${timesIn(shape, random, 8)}`;
  return `SELECT ${calls("max", cpuFields.length)} from cpu where ${where} group by time(1h)`;
}

function doubleGroupBy(shape: TsbsShape, random: Random, fields: number): string {
  const where = timesIn(shape, random, 12);
  return `SELECT ${calls("mean", fields)} from cpu where ${where} group by time(1h),hostname`;
}

function highCpu(shape: TsbsShape, random: Random, hosts: number): string {
  const which = hosts === 0 ? "" : ` and ${hostsIn(shape, random, hosts)}`;
  return `SELECT * from cpu where usage_user > 90.0${which} and ${timesIn(shape, random, 12)}`;
}

function calls(name: string, fields: number): string {
  return cpuFields
    .slice(0, fields)
    .map((field) => `${name}(${field})`)
    .join(", ");
}

function hostsIn(shape: TsbsShape, random: Random, count: number): string {
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, shape.hosts)) chosen.add(random.below(shape.hosts));
  return `(${[...chosen].map((host) => `hostname = 'host_${host}'`).join(" or ")})`;
}

function timesIn(shape: TsbsShape, random: Random, hours: number): string {
  const { from, to } = between(shape, random, hours);
  return `time >= '${from}' and time < '${to}'`;
}

/** A window somewhere in the data; all of it if it is longer. */
function between(shape: TsbsShape, random: Random, hours: number): { from: string; to: string } {
  const seconds = Math.min(hours, shape.hours) * 3600;
  const start = START_S + random.below(Math.max(1, shape.hours * 3600 - seconds));
  const text = (at: number): string => new Date(at * 1000).toISOString().replace(".000Z", "Z");
  return { from: text(start), to: text(start + seconds) };
}
