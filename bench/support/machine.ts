/**
 * What a figure is worth nothing without: the machine and the versions it was measured with.
 */
import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";

const tmpfsMagic = 0x01021994;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly os: string;
  readonly node: string;
  /** Short hash of the commit, with a plus if files were changed since. */
  readonly commit: string;
  /** Processes that wanted a processor in the minute before: more than a few tenths disturb. */
  readonly load: number;
  /** Data is in memory: fsync costs nothing and durable figures are not. */
  readonly dataInMemory: boolean;
}

export function machine(): Machine {
  return {
    cpu: (cpus()[0]?.model ?? "unknown").trim(),
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    os: `${process.platform} ${release()}`,
    node: process.versions.node,
    commit: currentCommit(),
    load: loadavg()[0] ?? 0,
    dataInMemory: statfsSync(tmpdir()).type === tmpfsMagic,
  };
}

/** One line for people. */
export function formatMachine({ cpu, cores, memoryGb, ...rest }: Machine): string {
  const tmpfs = "; data on tmpfs, so fsync is free: set TMPDIR to a disk";
  const warning = rest.dataInMemory ? tmpfs : "";
  const versions = `load ${rest.load.toFixed(1)} before, Node ${rest.node}, commit ${rest.commit}`;
  return `${cores} cores (${cpu}), ${memoryGb} GB, ${versions}${warning}`;
}

function currentCommit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty=+"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
