/**
 * What a SELECT gives and what it needs: chunks of series, and the context it runs in. Times are
 * ns since 1970 as bigints; integers are doubles while they are safe integers, bigints beyond.
 */
import type { SelectData } from "./select-data.ts";

export type Value = number | bigint | string | boolean | null;

/** Type of a column as far as it is known; times are of type "time", unknown columns all null. */
export type ColumnType =
  | "time"
  | "float"
  | "integer"
  | "string"
  | "boolean"
  | "tag"
  | "unknown";

/**
 * Some rows of one series of a result. The chunks of a series follow each other; `isPartial`: more
 * rows of the same series follow in the next chunk.
 */
export interface SeriesChunk {
  readonly name: string;
  /** Of GROUP BY, in the order of their names. */
  readonly tags: readonly (readonly [string, string])[];
  readonly columns: readonly string[];
  readonly types: readonly ColumnType[];
  readonly rows: readonly (readonly Value[])[];
  readonly isPartial: boolean;
  /** Times are shown as the clocks of this zone show them: tz(). */
  readonly timeZone?: string;
}

/** 0: no limit. */
export interface SelectLimits {
  readonly seriesMax: number;
  readonly pointsMax: number;
  readonly bucketsMax: number;
  /** Values that a function may hold: median(), distinct() and others need all of a window. */
  readonly heldMax: number;
  /** Rows of a chunk. */
  readonly chunkRows: number;
}

export interface SelectContext {
  readonly data: SelectData;
  /** For sources that name no database; "" if none was given. */
  readonly database: string;
  /** For sources that name no policy; "" is the default policy. */
  readonly policy: string;
  /** ns since 1970. */
  readonly now: bigint;
  readonly limits: SelectLimits;
  /** Aborted: the query ends with the reason as its error. */
  readonly signal: AbortSignal;
  /** Lets other work run. */
  readonly pause: () => Promise<void>;
  /** ms, monotonic. */
  readonly clock: () => number;
  /** A random number, 0 … 1, of sample(). */
  readonly random: () => number;
  /** Tells the user something that is no error. */
  readonly warn: (message: string) => void;
}
