/**
 * The queries that run: each has an id, can be killed, and ends by itself when its time is over.
 */
import { CronosError } from "../../base/errors.ts";
import type { Clock } from "../../ports/clock.ts";

export interface RunningQuery {
  readonly id: number;
  readonly text: string;
  readonly database: string;
  /** Monotonic, ms. */
  readonly startedAt: number;
  /** Aborted with the error that the query ends with. */
  readonly signal: AbortSignal;
}

export interface RegistryLimits {
  /** ms; 0: no limit. */
  readonly timeoutMs: number;
  /** Queries at once; 0: no limit. */
  readonly concurrentMax: number;
}

interface Entry extends RunningQuery {
  readonly abort: (reason: CronosError) => void;
}

export class QueryRegistry {
  readonly #clock: Clock;
  readonly #limits: RegistryLimits;
  readonly #running = new Map<number, Entry>();
  #lastId = 0;

  constructor(clock: Clock, limits: RegistryLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Oldest first. */
  list(): readonly RunningQuery[] {
    return [...this.#running.values()];
  }

  /** Queries since the database was opened. */
  get started(): number {
    return this.#lastId;
  }

  /** How long a query has been running, ms. */
  age(query: RunningQuery): number {
    return this.#clock.monotonic() - query.startedAt;
  }

  /** Registers a query. `cancelled`: the client has gone. Call `end` whatever happens. */
  start(query: { readonly text: string; readonly database: string }, cancelled?: AbortSignal): {
    readonly query: RunningQuery;
    readonly end: () => void;
  } {
    const { concurrentMax, timeoutMs } = this.#limits;
    if (concurrentMax > 0 && this.#running.size >= concurrentMax) {
      const counts = `${this.#running.size}, ${concurrentMax}`;
      throw queryError("OVERLOADED", `max-concurrent-queries limit exceeded(${counts})`);
    }
    const controller = new AbortController();
    const id = ++this.#lastId;
    const startedAt = this.#clock.monotonic();
    const abort = (reason: CronosError): void => controller.abort(reason);
    this.#running.set(id, { ...query, id, startedAt, signal: controller.signal, abort });
    const interrupt = (): void => abort(interrupted());
    cancelled?.addEventListener("abort", interrupt, { once: true });
    const timer =
      timeoutMs === 0
        ? undefined
        : this.#clock.after(timeoutMs, () => {
            abort(queryError("TIMEOUT", "query-timeout limit exceeded"));
          });
    const end = (): void => {
      this.#running.delete(id);
      cancelled?.removeEventListener("abort", interrupt);
      timer?.cancel();
    };
    return { query: { ...query, id, startedAt, signal: controller.signal }, end };
  }

  /** Ends a query. Throws "no such query id: 7". */
  kill(id: bigint): void {
    const entry = this.#running.get(Number(id));
    if (entry === undefined) throw queryError("NOT_FOUND", `no such query id: ${id}`);
    entry.abort(interrupted());
  }

  /** Ends all of them: the database closes. */
  killAll(): void {
    for (const { abort } of this.#running.values()) abort(interrupted());
  }
}

/** The error of a query that somebody ended. */
export function interrupted(): CronosError {
  return queryError("CLOSED", "query interrupted");
}

function queryError(
  code: "OVERLOADED" | "TIMEOUT" | "NOT_FOUND" | "CLOSED",
  message: string,
): CronosError {
  return new CronosError(code, message);
}
