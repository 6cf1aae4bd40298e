/**
 * Random transactions of several connections over RESP, with BEGIN and with MULTI, over lists
 * (APPEND to a string) and registers (SET … GET), written down for the checkers. Connections may
 * end in the middle: of a transaction whose answer is lost nobody knows whether it happened, until
 * somebody reads what it wrote.
 */
import assert from "node:assert/strict";
import type { Redis } from "ioredis";
import type { SeededRandom } from "../../src/ports/seeded-random.ts";
import { findAnomaly } from "./history-checker.ts";
import type { CommittedTransaction, Step } from "./history-checker.ts";
import { registersAsLists } from "./register-history.ts";
import type { RegisterStep, RegisterTransaction } from "./register-history.ts";

const lists = ["list:x", "list:y", "list:z"];
const registers = ["register:x", "register:y", "register:z"];
const stepsMax = 4;

/** What a transaction asks for; `value` is undefined for a read. */
interface Wish {
  readonly key: string;
  readonly value: string | undefined;
}

interface Attempt {
  readonly name: string;
  readonly began: number;
  readonly lists: Step[];
  readonly registers: RegisterStep[];
}

type Done = Attempt & { readonly ended?: number };

export class RandomHistory {
  readonly #committed: Done[] = [];
  #unknown: Attempt[] = [];
  /** Counts beginnings and answers. */
  #moment = 0;
  readonly #mayEnd: boolean;

  /** `mayEnd`: connections may end, and the answers of a MULTI with them. */
  constructor({ mayEnd }: { readonly mayEnd: boolean }) {
    this.#mayEnd = mayEnd;
  }

  get committed(): number {
    return this.#committed.length;
  }

  /** Up to `count` transactions; stops early when the connection ends. */
  async work(redis: Redis, random: SeededRandom, name: string, count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const attempt: Attempt = {
        name: `${name}.${n}`,
        began: this.#moment++,
        lists: [],
        registers: [],
      };
      const isMulti = random.below(2) === 0;
      // Without an answer nobody knows what was in a register before.
      const listsOnly = isMulti && this.#mayEnd;
      const wishes = Array.from({ length: 1 + random.below(stepsMax) }, (_, k): Wish => {
        const value = random.below(2) === 0 ? undefined : `${attempt.name}.${k}`;
        const keys = listsOnly || random.below(2) === 0 ? lists : registers;
        return { key: keys[random.below(keys.length)] ?? "", value };
      });
      try {
        const run = isMulti ? multi(redis, wishes) : interactive(redis, wishes, random);
        const replies = await run;
        if (replies === undefined) continue;
        write(attempt, wishes, replies);
        this.#committed.push({ ...attempt, ended: this.#moment++ });
      } catch (error) {
        if (!(error instanceof Unanswered)) {
          if (error instanceof Error && error.name === "ReplyError") throw error;
          return;
        }
        write(attempt, wishes, error.replies);
        this.#unknown.push(attempt);
        return;
      }
    }
  }

  /** Reads everything: what comes after all others. */
  async readAll(redis: Redis): Promise<void> {
    const wishes = [...lists, ...registers].map((key): Wish => ({ key, value: undefined }));
    const attempt: Attempt = { name: "last", began: this.#moment++, lists: [], registers: [] };
    const replies = await multi(redis, wishes);
    assert.ok(replies !== undefined);
    write(attempt, wishes, replies);
    this.#committed.push({ ...attempt, ended: this.#moment++ });
  }

  /** What is wrong with the history; undefined: nothing. */
  anomaly(): string | undefined {
    this.#settleUnknown();
    const unknown = new Set(this.#unknown.flatMap((attempt) => valuesOf(attempt)));
    const ofLists = this.#committed.map((done): CommittedTransaction => {
      return { ...rest(done), steps: done.lists };
    });
    const ofRegisters = this.#committed.map((done): RegisterTransaction => {
      return { ...rest(done), steps: done.registers };
    });
    const chained = registersAsLists(ofRegisters);
    if (typeof chained === "string") return chained;
    const both = ofLists.map((each, at): CommittedTransaction => {
      return { ...each, steps: [...each.steps, ...(chained[at]?.steps ?? [])] };
    });
    return findAnomaly(both, unknown);
  }

  /** Who wrote something that was read has committed, whether it was told or not. */
  #settleUnknown(): void {
    for (;;) {
      const seen = new Set(this.#committed.flatMap((done) => seenBy(done)));
      const found = this.#unknown.filter((each) => valuesOf(each).some((value) => seen.has(value)));
      if (found.length === 0) return;
      this.#committed.push(...found);
      this.#unknown = this.#unknown.filter((each) => !found.includes(each));
    }
  }
}

/** The connection ended after the end of the transaction was asked for. */
class Unanswered extends Error {
  readonly replies: readonly unknown[];

  constructor(replies: readonly unknown[]) {
    super("No answer");
    this.replies = replies;
  }
}

function rest({ name, began, ended }: Done): Omit<CommittedTransaction, "steps"> {
  return { name, began, ...(ended === undefined ? {} : { ended }) };
}

function valuesOf(attempt: Attempt): readonly string[] {
  const appended = attempt.lists.flatMap((step) => (step.kind === "append" ? [step.value] : []));
  const set = attempt.registers.flatMap((step) => (step.kind === "set" ? [step.value] : []));
  return [...appended, ...set];
}

function seenBy(attempt: Attempt): readonly string[] {
  const inLists = attempt.lists.flatMap((step) => (step.kind === "read" ? step.list : []));
  const inRegisters = attempt.registers.map((step) => {
    return step.kind === "get" ? step.value : step.before;
  });
  return [...inLists, ...inRegisters.filter((value) => value !== undefined)];
}

function requestOf({ key, value }: Wish): readonly [string, ...string[]] {
  if (value === undefined) return ["GET", key];
  return lists.includes(key) ? ["APPEND", key, `${value},`] : ["SET", key, value, "GET"];
}

/** Writes down what was asked and answered; of a MULTI without answers, what it would write. */
function write(attempt: Attempt, wishes: readonly Wish[], replies: readonly unknown[]): void {
  for (const [at, { key, value }] of wishes.entries()) {
    const reply = replies[at];
    const isKnown = at < replies.length;
    const text = typeof reply === "string" ? reply : undefined;
    if (lists.includes(key)) {
      if (value !== undefined) attempt.lists.push({ kind: "append", key, value });
      else if (isKnown) attempt.lists.push({ kind: "read", key, list: split(text) });
    } else if (value === undefined) {
      if (isKnown) attempt.registers.push({ kind: "get", key, value: text });
    } else {
      attempt.registers.push({ kind: "set", key, value, before: text });
    }
  }
}

function split(text: string | undefined): readonly string[] {
  return (text ?? "").split(",").filter((value) => value !== "");
}

/** The replies; undefined when it did not commit. */
async function interactive(
  redis: Redis,
  wishes: readonly Wish[],
  random: SeededRandom,
): Promise<readonly unknown[] | undefined> {
  await redis.call("BEGIN");
  const replies: unknown[] = [];
  for (const wish of wishes) {
    const [name, ...args] = requestOf(wish);
    replies.push(await redis.call(name, ...args));
  }
  if (random.below(10) === 0) {
    await redis.call("ROLLBACK");
    return undefined;
  }
  try {
    await redis.call("COMMIT");
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ReplyError") throw new Unanswered(replies);
    assert.match(error.message, /^NOT_COMMITTED /);
    return undefined;
  }
  return replies;
}

async function multi(
  redis: Redis,
  wishes: readonly Wish[],
): Promise<readonly unknown[] | undefined> {
  const requests = [["MULTI"], ...wishes.map((wish) => requestOf(wish)), ["EXEC"]];
  const sent = requests.map(([name = "", ...args]) => redis.call(name, ...args));
  const answers = await Promise.allSettled(sent);
  const last = answers.at(-1);
  if (last?.status === "fulfilled") return last.value as readonly unknown[];
  const reason: unknown = last?.reason;
  if (reason instanceof Error && reason.name === "ReplyError") throw reason;
  throw new Unanswered([]);
}
