/** What the writer of line protocol is given: a body, where it goes, the report to fill. */
import type { SeriesDatabase } from "./catalog.ts";
import type { PointTime, Precision } from "./precision.ts";
import type { RetentionPolicy } from "./retention-policy.ts";
import type { WriteReport } from "./write-report.ts";

export interface LineSource {
  readonly bytes: Buffer;
  readonly database: SeriesDatabase;
  readonly policy: RetentionPolicy;
  readonly precision: Precision;
  /** Of points without a timestamp. */
  readonly now: PointTime;
  /** Points before it are beyond the policy's duration; undefined: none are. */
  readonly oldest: PointTime | undefined;
  readonly report: WriteReport;
}
