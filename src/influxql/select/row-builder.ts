/**
 * Makes rows of a result: time and the columns' expressions, evaluated for a point (plain columns)
 * and for the values of the calls.
 */
import type { Call, Expression, Reference } from "../ast.ts";
import type { Value } from "../result.ts";
import { compileExpression } from "./evaluate.ts";
import type { Compiled } from "./evaluate.ts";
import type { SelectPlan, Slot } from "./plan.ts";
import { callKey } from "./plan.ts";
import type { Points } from "./points.ts";
import { typeOf } from "./types.ts";

/** What a row is made of: one object for a group, changed from row to row. */
export interface RowState {
  points: Points | undefined;
  row: number;
  /** By the place of the call in the plan. */
  values: Value[];
}

export function startRows(): RowState {
  return { points: undefined, row: 0, values: [] };
}

export class RowBuilder {
  readonly #columns: readonly Compiled<RowState>[];

  constructor(plan: SelectPlan, slots: readonly Slot[]) {
    const places = new Map(plan.calls.map((call, place) => [callKey(call), place]));
    const resolve = (leaf: Reference | Call): Compiled<RowState> => {
      const type = typeOf(leaf, plan.typeOfReference);
      if (leaf.kind === "reference") {
        const slot = slotOf(slots, leaf.name, type);
        return { type, evaluate: ({ points, row }) => points?.value(slot, row) ?? null };
      }
      const place = places.get(callKey(leaf)) ?? -1;
      return { type, evaluate: ({ values }) => values[place] ?? null };
    };
    this.#columns = plan.fields.map(({ expression }: { expression: Expression }) =>
      compileExpression(expression, resolve),
    );
  }

  build(time: bigint, state: RowState): Value[] {
    const row: Value[] = [time];
    for (const column of this.#columns) row.push(finite(column.evaluate(state)));
    return row;
  }
}

function finite(value: Value): Value {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

export function slotOf(slots: readonly Slot[], name: string, type: Slot["type"]): number {
  return slots.findIndex((slot) => slot.name === name && slot.type === type);
}
