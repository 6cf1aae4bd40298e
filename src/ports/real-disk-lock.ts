/**
 * The exclusive lock of a directory: a file LOCK that names the process holding it.
 *
 *   {"pid":4711,"started":"boot id and start time in clock ticks, empty where unknown"}
 *
 * Node has no flock(2), so the file outlives a process that is killed. Whether its holder lives is
 * told by the process id and, because ids are used again (in a container every server may be
 * process 1), by when that process started. The lock of a dead holder is taken over.
 *
 * The file appears whole or not at all (written beside, then link(2), which refuses to replace).
 * Taking over moves the old file away first and looks at what was moved: a live lock that another
 * process put there meanwhile is moved back.
 *
 * Known limit: processes that cannot see each other (two containers sharing a directory, a network
 * file system) look dead to each other.
 */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { CronosError } from "../base/errors.ts";

interface Holder {
  readonly pid: number;
  readonly started: string;
}

/** A start may meet a lock that is being given back or taken over; more tries are a live fight. */
const attemptsMax = 10;

/** Takes the lock of `directory`; see Disk.lockDirectory. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, "LOCK");
  const own: Holder = { pid: process.pid, started: (await startOf(process.pid)) ?? "" };
  const text = JSON.stringify(own);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (await createLock(path, text)) return () => releaseLock(path, text);
    const found = await readIfThere(path);
    if (found === undefined) continue;
    await refuseIfAlive(directory, found);
    await moveStaleAway(path, found);
  }
  throw new CronosError("LOCKED", `Directory ${directory} cannot be locked: others try as well`, {
    details: { directory },
  });
}

async function createLock(path: string, text: string): Promise<boolean> {
  const draft = uniquePath(path);
  await fs.writeFile(draft, text, { flag: "wx" });
  try {
    await fs.link(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    await fs.unlink(draft);
  }
}

async function releaseLock(path: string, text: string): Promise<void> {
  if ((await readIfThere(path)) === text) await fs.unlink(path);
}

async function refuseIfAlive(directory: string, text: string): Promise<void> {
  const holder = parseHolder(text);
  if (holder === undefined || !(await isAlive(holder))) return;
  const who = holder.pid === process.pid ? "this process" : `process ${holder.pid}`;
  throw new CronosError("LOCKED", `Directory ${directory} cannot be locked: held by ${who}`, {
    details: { directory, pid: holder.pid },
  });
}

async function moveStaleAway(path: string, staleText: string): Promise<void> {
  const aside = uniquePath(path);
  try {
    await fs.rename(path, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  if ((await readIfThere(aside)) !== staleText) {
    await fs.link(aside, path).catch((error: unknown) => {
      if (systemCode(error) !== "EEXIST") throw error;
    });
  }
  await fs.unlink(aside);
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if (systemCode(error) !== "EPERM") return false;
  }
  const started = await startOf(holder.pid);
  return started === undefined || holder.started === "" || started === holder.started;
}

/** Boot id and start time of a process; undefined where the system does not tell. */
async function startOf(pid: number): Promise<string | undefined> {
  const bootId = await readIfThere("/proc/sys/kernel/random/boot_id");
  const stat = await readIfThere(`/proc/${pid}/stat`);
  if (bootId === undefined || stat === undefined) return undefined;
  // Field 22; the name in field 2 may hold spaces and parentheses, so count from its end.
  const startTicks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  return startTicks === undefined ? undefined : `${bootId.trim()} ${startTicks}`;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return undefined;
    if (!("pid" in parsed) || !("started" in parsed)) return undefined;
    const { pid, started } = parsed;
    if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    return typeof started === "string" ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await fs.readFile(path, "utf8");
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

function uniquePath(path: string): string {
  return `${path}.${randomUUID()}`;
}

function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
