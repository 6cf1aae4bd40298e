/**
 * What another process uses, from Linux's /proc.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const kb = 1024;
const mb = 1_000_000;
/** Of the times in /proc: 100 a second on every Linux that Node runs on. */
const msPerTick = 10;
/** utime and stime, counted from the field behind the name in parentheses. */
const timeFields = [11, 12] as const;

/** Resident memory in MB. */
export function rssMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * kb) / mb;
}

/** Resident memory in MB: pages of mapped files, and the process's own. */
export function residentMb(pid: number): { readonly own: number; readonly mapped: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const part = (name: string): number => {
    return (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * kb) / mb;
  };
  return { own: part("RssAnon"), mapped: part("RssFile") };
}

/** Share of one core over the next `ms`, in percent. */
export async function cpuPercent(pid: number, ms: number): Promise<number> {
  const [before, start] = [cpuMs(pid), performance.now()];
  await sleep(ms);
  return ((cpuMs(pid) - before) / (performance.now() - start)) * 100;
}

/** Processor time that a process has used, in ms. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return timeFields.reduce((sum, field) => sum + Number(fields[field]), 0) * msPerTick;
}
