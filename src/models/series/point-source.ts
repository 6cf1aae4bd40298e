/**
 * Some points of one series in one window, in the order of time: what a block or a head has of it,
 * or what came of merging those. Sources are what scans, sealing, merging and deletes work on.
 */
import type { Column } from "./column.ts";
import type { ColumnSummary } from "./series-scan.ts";

export interface PointSource {
  /** Where points have the same time, those of the larger sequence win, field by field. */
  readonly sequence: number;
  readonly count: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Whether a time may be there more than once: the later of such points wins. */
  readonly hasRepeats: boolean;
  /** `count` offsets, ascending. Not to be changed. */
  offsets(): Float64Array;
  /** Fields that any of the points has. */
  fieldIds(): readonly number[];
  /** Values of all points; undefined: none has the field. Not to be changed. */
  column(fieldId: number): Column | undefined;
  /** As PointBatch.summary. */
  summary(fieldId: number): ColumnSummary | "absent" | undefined;
}
