/** The times a scan reads. */
export interface TimeBounds {
  /** ns, both included. */
  readonly from: bigint;
  readonly to: bigint;
  readonly isAscending: boolean;
}
