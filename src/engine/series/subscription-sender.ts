/**
 * Sends what is written to subscribers, as line protocol: CREATE SUBSCRIPTION. One sender for each
 * destination (ALL), or one for all of them, which goes to the next when one fails (ANY).
 *
 *   feed ──▶ filter, lines ──▶ destination: again and again until it takes them ──▶ position
 *
 * The position, the last record that was taken, is kept in the row of the subscription once a
 * second: after a restart it goes on from there. So each point is sent at least once, unless the
 * destination was away for so long that the log was trimmed: then it is told by a warning.
 */
import { toCronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { SeriesChunk } from "../../influxql/result.ts";
import type { Defined, Definitions } from "../../models/series/definitions.ts";
import type { WriteBatch } from "../../models/series/write-batch.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import { linesOf } from "./line-format.ts";
import type { Fed, SeriesFeed } from "./series-feed.ts";
import type { SubscriptionContent } from "./series-models.ts";

const POSITION_MS = 1000;
const RETRY_MS_FIRST = 100;
const RETRY_MS_MAX = 30_000;

/** What a subscription's filter makes of a write. */
export type SubscriptionFilter = (batches: readonly WriteBatch[]) => AsyncIterable<SeriesChunk>;

/** Sends points to a destination, "udp://…" or "http://…"; rejects if it did not take them. */
export type SendPoints = (
  destination: string,
  points: { readonly database: string; readonly policy: string; readonly lines: string },
) => Promise<void>;

export interface SubscriptionOptions {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly feed: SeriesFeed;
  readonly definitions: Definitions<SubscriptionContent>;
  /** Points of the subscription's policy that pass its condition, grouped by all tags. */
  readonly filter: (subscription: Defined<SubscriptionContent>) => SubscriptionFilter;
  /** Sends lines of a subscription; rejects if the destination did not take them. */
  readonly send: (
    destination: string,
    lines: string,
    subscription: Defined<SubscriptionContent>,
  ) => Promise<void>;
  readonly warn: (message: string) => void;
}

export class SubscriptionSender {
  readonly #options: SubscriptionOptions;
  readonly #running = new Map<string, DestinationSender>();
  #isClosed = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  /** Starts what is defined and does not run, stops what is not defined any more. */
  changed(): void {
    if (this.#isClosed) return;
    const wanted = new Map<string, { each: Defined<SubscriptionContent>; to: readonly string[] }>();
    for (const each of this.#options.definitions.list()) {
      const { mode, destinations } = each.content;
      const groups = mode === "ANY" ? [destinations] : destinations.map((one) => [one]);
      for (const to of groups) {
        wanted.set(JSON.stringify([each.databaseId, each.name, ...to]), { each, to });
      }
    }
    for (const [key, sender] of this.#running) {
      if (wanted.has(key)) continue;
      this.#running.delete(key);
      sender.stop();
    }
    for (const [key, { each, to }] of wanted) {
      if (!this.#running.has(key)) {
        this.#running.set(key, new DestinationSender(this.#options, each, to));
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const sender of this.#running.values()) sender.stop();
    this.#running.clear();
  }
}

class DestinationSender {
  readonly #options: SubscriptionOptions;
  readonly #subscription: Defined<SubscriptionContent>;
  readonly #destinations: readonly string[];
  readonly #reader: AsyncIterableIterator<Fed>;
  /** Which destination is tried next. */
  #next = 0;
  #position: number;
  #timer: Timer | undefined;
  #wake: (() => void) | undefined;
  #isStopped = false;

  constructor(
    options: SubscriptionOptions,
    subscription: Defined<SubscriptionContent>,
    destinations: readonly string[],
  ) {
    this.#options = options;
    this.#subscription = subscription;
    this.#destinations = destinations;
    const kept = subscription.content.positions?.[this.#key];
    this.#position = kept ?? options.shard.durableIndex;
    this.#reader = options.feed.read(logIndex(this.#position + 1));
    void this.#run();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#wake?.();
    void this.#reader.return?.();
  }

  get #key(): string {
    return this.#destinations.join(" ");
  }

  async #run(): Promise<void> {
    const { filter, warn } = this.#options;
    const { name } = this.#subscription;
    try {
      const select = filter(this.#subscription);
      for await (const fed of this.#reader) {
        if (fed.kind === "gap") {
          warn(`Subscription "${name}" missed points: ${this.#key} was away for too long`);
        } else {
          let lines = "";
          for await (const chunk of select(fed.batches)) lines += linesOf(chunk);
          if (lines !== "") await this.#deliver(lines);
        }
        if (this.#isStopped) return;
        this.#position = fed.index;
        this.#timer ??= this.#options.clock.after(POSITION_MS, () => void this.#keep());
      }
    } catch (error) {
      warn(`Subscription "${name}" ended: ${toCronosError(error).message}`);
    }
  }

  /** Tries until somebody took the lines. */
  async #deliver(lines: string): Promise<void> {
    const { send, warn } = this.#options;
    let wait = RETRY_MS_FIRST;
    while (!this.#isStopped) {
      const destination = this.#destinations[this.#next % this.#destinations.length] ?? "";
      try {
        await send(destination, lines, this.#subscription);
        return;
      } catch (error) {
        if (wait === RETRY_MS_FIRST) {
          const { message } = toCronosError(error);
          warn(`Subscription "${this.#subscription.name}" cannot reach ${destination}: ${message}`);
        }
        this.#next++;
        if (this.#next % this.#destinations.length === 0) {
          await this.#sleep(wait);
          wait = Math.min(wait * 2, RETRY_MS_MAX);
        }
      }
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  async #keep(): Promise<void> {
    this.#timer = undefined;
    const { shard, definitions, warn } = this.#options;
    const { databaseId, name } = this.#subscription;
    try {
      await shard.execute((tx) => {
        const content = definitions.get(databaseId, name);
        if (content === undefined) return;
        const positions = { ...content.positions, [this.#key]: this.#position };
        definitions.put(tx, { databaseId, name, content: { ...content, positions } });
      });
    } catch (error) {
      warn(`Position of subscription "${name}" is not kept: ${toCronosError(error).message}`);
    }
  }
}
