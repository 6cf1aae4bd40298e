/**
 * Keeps retention policies: drops windows of which every point is older than its policy keeps it.
 *
 *   window expired ─▶ its series that have points nowhere else leave the index, some at a time
 *                  ─▶ a measurement without series is removed
 *                  ─▶ the window is dropped: its files go
 *
 * Whole windows only: a point may stay for the length of a window more than its policy says. The
 * window is the last to go, so that after a crash the next check does the same again.
 */
import { toCronosError } from "../../base/errors.ts";
import type { SeriesDatabase } from "../../models/series/catalog.ts";
import type { Measurement } from "../../models/series/measurement.ts";
import type { RetentionPolicy } from "../../models/series/retention-policy.ts";
import type { WindowPlace } from "../../models/series/rows.ts";
import { intersectIds } from "../../models/series/series-ids.ts";
import { HOUR_NS_BIG } from "../../models/series/series-time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { SeriesModels } from "./series-models.ts";

/** Between two checks, and from the start or a changed policy to the next one. */
export const RETENTION_CHECK_MS = 30 * 60_000;
export const RETENTION_SOON_MS = 1000;
/** Series that one operation looks at. */
const SERIES_PER_OPERATION = 256;

const NS_PER_MS = 1_000_000n;

export interface RetentionKeeperOptions {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly models: Pick<SeriesModels, "catalog" | "index" | "storage">;
  readonly warn: (message: string) => void;
}

/** A window that is to be dropped. */
interface Expired {
  readonly at: WindowPlace;
  readonly database: SeriesDatabase;
}

export class RetentionKeeper {
  readonly #options: RetentionKeeperOptions;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Begins to keep them. */
  constructor(options: RetentionKeeperOptions) {
    this.#options = options;
    this.#arm(RETENTION_SOON_MS);
  }

  /** A policy was made or changed: checks soon. */
  changed(): void {
    this.#arm(RETENTION_SOON_MS);
  }

  /** Drops what is expired now; resolves when that is durable. */
  check(): Promise<void> {
    const next = this.#running.then(() => this.#check());
    this.#running = next.catch(() => undefined);
    return next;
  }

  /** Resolves when no check runs. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#arm(RETENTION_CHECK_MS);
      this.check().catch((error: unknown) => {
        const { message } = toCronosError(error);
        this.#options.warn(`Retention policies could not be kept: ${message}`);
      });
    });
  }

  async #check(): Promise<void> {
    const { storage } = this.#options.models;
    const expired = this.#expired();
    // Series are looked for in blocks.
    if (expired.length > 0) await storage.seal();
    for (const each of expired) {
      if (this.#isClosed) return;
      await this.#drop(each);
    }
  }

  #expired(): Expired[] {
    const { catalog, storage } = this.#options.models;
    const expired: Expired[] = [];
    for (const database of catalog.databases) {
      for (const policy of database.policies) {
        if (policy.duration === 0n) continue;
        for (const { policyId, startHour } of storage.windows(policy.id)) {
          if (this.#isExpired(policy, startHour)) {
            expired.push({ at: { policyId, startHour }, database });
          }
        }
      }
    }
    return expired;
  }

  #isExpired({ duration, windowHours }: RetentionPolicy, startHour: number): boolean {
    const end = BigInt(startHour + windowHours) * HOUR_NS_BIG;
    return duration > 0n && end + duration <= BigInt(this.#options.clock.now()) * NS_PER_MS;
  }

  async #drop(expired: Expired): Promise<void> {
    const { shard, models } = this.#options;
    const ids = await this.#seriesIn(expired.at);
    const gone: number[] = [];
    for (const measurement of models.catalog.measurements(expired.database)) {
      const members = intersectIds(models.index.seriesOf(shard.tip, measurement.id), ids);
      for (let start = 0; start < members.length; start += SERIES_PER_OPERATION) {
        const part = members.subarray(start, start + SERIES_PER_OPERATION);
        gone.push(...(await this.#removeSeries(expired, measurement, part)));
        if (this.#isClosed) return;
      }
    }
    await shard.execute((tx) => {
      const { policyId, startHour } = expired.at;
      const policy = this.#databaseNow(expired)?.policies.find(({ id }) => id === policyId);
      if (policy === undefined) return;
      if (this.#isExpired(policy, startHour)) models.storage.dropWindow(tx, expired.at);
      // The policy was changed meanwhile: what is not in the index any more goes for itself.
      else models.storage.dropSeries(tx, { seriesIds: gone, policyIds: [policyId] });
    });
  }

  async #seriesIn(at: WindowPlace): Promise<Uint32Array> {
    const { clock, models } = this.#options;
    const ids: number[] = [];
    for (let from = 0; ; ) {
      const part = models.storage.seriesIn(at, { from, limit: SERIES_PER_OPERATION });
      for (const id of part) ids.push(id);
      if (part.length < SERIES_PER_OPERATION) return Uint32Array.from(ids);
      from = (part.at(-1) as number) + 1;
      await new Promise<void>((resolve) => clock.soon(resolve));
    }
  }

  /** Removes those of the series that have points in no other window; tells which. */
  #removeSeries(
    expired: Expired,
    measurement: Measurement,
    seriesIds: Uint32Array,
  ): Promise<Uint32Array> {
    const { shard, models } = this.#options;
    const { catalog, index, storage } = models;
    return shard.execute((tx) => {
      const database = this.#databaseNow(expired);
      const isThere = catalog.measurementById(measurement.id) === measurement;
      if (database === undefined || !isThere) return new Uint32Array(0);
      const policyIds = database.policies.map(({ id }) => id);
      const gone = seriesIds.filter((seriesId) => {
        return !storage.hasPointsElsewhere(tx, { seriesId, policyIds, but: expired.at });
      });
      if (gone.length === 0) return gone;
      index.removeSeries(tx, measurement.id, gone);
      if (index.seriesCount(measurement.id) === 0) {
        index.removeMeasurement(tx, measurement.id);
        catalog.removeMeasurement(tx, measurement);
      }
      return gone;
    });
  }

  /** The database as it is now, if it was not dropped. */
  #databaseNow({ database }: Expired): SeriesDatabase | undefined {
    const now = this.#options.models.catalog.database(database.name);
    return now?.id === database.id ? now : undefined;
  }
}
