/**
 * Columns of decoded points. The values of one field for a run of points, and which of the points
 * have it. Integers are doubles while all of the column's are safe integers, which is nearly
 * always, and 64-bit else: who computes with them handles both.
 */
import type { fieldType } from "./field-type.ts";

export type Column =
  | {
      readonly type: typeof fieldType.float;
      readonly values: Float64Array;
      readonly present: Presence;
    }
  | {
      readonly type: typeof fieldType.integer;
      readonly values: Float64Array | BigInt64Array;
      readonly present: Presence;
    }
  | {
      readonly type: typeof fieldType.string;
      readonly values: readonly string[];
      readonly present: Presence;
    }
  | {
      readonly type: typeof fieldType.boolean;
      /** 0 or 1. */
      readonly values: Uint8Array;
      readonly present: Presence;
    };

/** 1 where the point has the field; undefined: all have it. */
export type Presence = Uint8Array | undefined;
