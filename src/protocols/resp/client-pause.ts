/**
 * CLIENT PAUSE: for some time commands wait, all of them or those that write.
 *
 *   running ── start() ──> paused ── end(), or its time is over ──> running
 *
 * CLIENT itself never waits, so that the pause can be ended.
 */
import type { Clock, Timer } from "../../ports/clock.ts";

/** Longest pause, in ms: a timer's limit. */
const PAUSE_MS_MAX = 0x7fffffff;
/** Commands that write or tell others something without having the flag. */
const writing = new Set(["exec", "COMMIT", "publish", "spublish"]);

/** What a pause goes by. */
interface PausedCommand {
  readonly name: string;
  readonly flags: readonly string[];
}

interface Pause {
  readonly until: number;
  readonly writesOnly: boolean;
  readonly timer: Timer;
}

export class ClientPause {
  readonly #clock: Clock;
  #pause: Pause | undefined;
  #over: Promise<void> | undefined;
  #resume: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Pauses for `ms` from now. A pause that is on becomes no shorter and no milder. */
  start(ms: number, writesOnly: boolean): void {
    const before = this.#pause;
    before?.timer.cancel();
    const wanted = this.#clock.monotonic() + Math.min(ms, PAUSE_MS_MAX);
    const until = Math.max(before?.until ?? 0, wanted);
    this.#pause = {
      until,
      writesOnly: writesOnly && before?.writesOnly !== false,
      timer: this.#clock.after(until - this.#clock.monotonic(), () => this.end()),
    };
    this.#over ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Ends the pause, if there is one. */
  end(): void {
    this.#pause?.timer.cancel();
    this.#pause = undefined;
    this.#over = undefined;
    this.#resume();
  }

  /** What the command must wait for now. */
  holds(spec: PausedCommand | undefined): Promise<void> | undefined {
    if (this.#pause === undefined || spec === undefined || spec.name === "client") return undefined;
    const writes = spec.flags.includes("write") || writing.has(spec.name);
    return writes || !this.#pause.writesOnly ? this.#over : undefined;
  }
}
