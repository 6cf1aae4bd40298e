/**
 * Writing points of line protocol. A body is read in slices, each an operation of its own, so that
 * a large one does not hold up everything else; it is answered when all of them are durable.
 *
 *   body ─▶ slice ─▶ series, fields (made if new), points ─▶ record ─┐
 *     └───▶ slice ─▶ …                                      record ─▶┴─ durable ─▶ report
 *
 * Points that passed the checks are stored even if others did not: the report tells.
 */
import { BatchBuilder } from "../../models/series/batch-builder.ts";
import type { LineSource } from "../../models/series/line-source.ts";
import { LineWriter } from "../../models/series/line-writer.ts";
import { precisionOf, timeOfMs } from "../../models/series/precision.ts";
import type { RetentionPolicy } from "../../models/series/retention-policy.ts";
import { databaseNotFound } from "../../models/series/series-error.ts";
import type { SeriesMaxima } from "../../models/series/series-limits.ts";
import { noMaxima } from "../../models/series/series-limits.ts";
import type { PointTime } from "../../models/series/precision.ts";
import { WriteReport } from "../../models/series/write-report.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { SeriesModels } from "./series-models.ts";

/** What one operation takes of a body: some milliseconds of work. */
const slice = { lines: 5000, bytes: 1024 * 1024 };
/** How often a slice waits until others made room, before it may be refused with OVERLOADED. */
const WAITS_MAX = 64;
/** For reading lines; storing them takes several times as long where series are new. */
const SLICE_MS = 3;

const MS_NS = 1_000_000n;

export interface WriteLines {
  readonly database: string;
  /** Name of the retention policy; "" or absent: the default one. */
  readonly policy?: string;
  /** Unit of timestamps: n, u, ms, s, m, h; anything else is n. */
  readonly precision?: string;
  /** Line protocol. */
  readonly lines: Uint8Array;
}

export class SeriesWriteService {
  readonly #shard: Shard;
  readonly #clock: Clock;
  readonly #models: SeriesModels;
  readonly #writer: LineWriter;
  readonly #batch = new BatchBuilder();

  constructor(options: {
    readonly shard: Shard;
    readonly clock: Clock;
    readonly models: SeriesModels;
    /** Default: no limits. */
    readonly max?: SeriesMaxima;
  }) {
    this.#shard = options.shard;
    this.#clock = options.clock;
    this.#models = options.models;
    this.#writer = new LineWriter({ ...options.models, max: options.max ?? noMaxima });
  }

  /**
   * Writes lines; resolves with what became of them once what was stored is durable. Rejects with
   * NOT_FOUND for an unknown database or policy, and with what the shard cannot do: then a part of
   * the lines may be stored.
   */
  async write(request: WriteLines): Promise<WriteReport> {
    const source = this.#source(request);
    const { length } = source.bytes;
    const durable: Promise<void>[] = [];
    for (let at = 0; at < length; ) {
      for (let waits = 0; waits < WAITS_MAX; waits++) {
        const room = this.#shard.room() ?? this.#models.storage.room();
        // What was seen holds in this turn of the event loop only.
        if (room === undefined) break;
        await room;
      }
      const started = this.#clock.monotonic();
      const isOver = (): boolean => this.#clock.monotonic() - started > SLICE_MS;
      at = this.#shard.run((tx) => {
        this.#checkStillThere(source);
        return this.#writeSlice(tx, { source, batch: this.#batch, isOver }, at);
      });
      durable.push(this.#shard.tipDurable());
      if (at < length) await new Promise<void>((resolve) => this.#clock.soon(resolve));
    }
    await Promise.all(durable);
    return source.report;
  }

  /** Writes lines in a running operation. Throws NOT_FOUND. */
  writeIn(tx: Transaction, request: WriteLines): WriteReport {
    const source = this.#source(request);
    for (let at = 0; at < source.bytes.length; ) {
      // Each slice has a batch of its own: all of them are taken back if the operation fails.
      at = this.#writeSlice(tx, { source, batch: new BatchBuilder(), isOver: () => false }, at);
    }
    return source.report;
  }

  #writeSlice(
    tx: Transaction,
    { source, batch, isOver }: OpenBody,
    from: number,
  ): number {
    const next = this.#writer.readSlice({ tx, source, batch }, from, { ...slice, isOver });
    this.#models.storage.write(tx, batch);
    return next;
  }

  #source({ database: name, policy: policyName, precision: unit, lines }: WriteLines): LineSource {
    const { catalog } = this.#models;
    const database = catalog.needDatabase(name);
    const policy = catalog.needPolicy(database, policyName);
    const precision = precisionOf(unit ?? "");
    const { now } = this.#shard;
    return {
      bytes: Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength),
      database,
      policy,
      precision,
      now: timeOfMs(now, precision),
      oldest: oldestOf(policy, now),
      report: new WriteReport(),
    };
  }

  /** A database can be dropped between two slices. */
  #checkStillThere({ database, policy }: LineSource): void {
    const now = this.#models.catalog.database(database.name);
    const isThere = now?.id === database.id && now.policies.some(({ id }) => id === policy.id);
    if (!isThere) throw databaseNotFound(database.name);
  }
}

interface OpenBody {
  readonly source: LineSource;
  readonly batch: BatchBuilder;
  /** Whether the slice has taken long enough. */
  readonly isOver: () => boolean;
}

function oldestOf({ duration }: RetentionPolicy, now: number): PointTime | undefined {
  if (duration === 0n) return undefined;
  const ns = BigInt(now) * MS_NS - duration;
  const nanos = ((ns % SECOND_NS) + SECOND_NS) % SECOND_NS;
  return { seconds: Number((ns - nanos) / SECOND_NS), nanos: Number(nanos) };
}

const SECOND_NS = 1_000_000_000n;
