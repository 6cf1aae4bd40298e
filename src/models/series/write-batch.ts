/**
 * Points that passed every check, on their way to storage: one retention policy, any measurements
 * and series, in the order of arrival, as parallel arrays, so that a batch of ten thousand points
 * makes no objects. Row i has the fields fieldStart[i] … fieldStart[i + 1] - 1.
 */

export interface WriteBatch {
  readonly policyId: number;
  /** Window length of the policy, hours. */
  readonly windowHours: number;
  readonly rows: number;
  /** Of each row: ids in the database. */
  readonly measurementIds: Uint32Array;
  readonly seriesIds: Uint32Array;
  /** Of each row: its time, whole seconds since 1970 (may be negative) and ns, 0 … 999,999,999. */
  readonly seconds: Float64Array;
  readonly nanos: Float64Array;
  /** rows + 1 entries. */
  readonly fieldStart: Uint32Array;
  /** Of each field value: its id within the measurement, its FieldType, its value. */
  readonly fieldIds: Uint16Array;
  readonly fieldTypes: Uint8Array;
  /**
   * Float: the value. Boolean: 0 or 1. Integer: the value if it is a safe integer; else NaN and the
   * value is in `bigs` under this index. String: the index in `texts`.
   */
  readonly values: Float64Array;
  readonly texts: readonly string[];
  readonly bigs: ReadonlyMap<number, bigint>;
}
