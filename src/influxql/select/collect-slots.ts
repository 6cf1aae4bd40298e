/** Which names with which types a planned SELECT reads from points. */
import type { Expression } from "../ast.ts";
import { anyExpression } from "../walk.ts";
import type { SelectPlan, Slot } from "./plan.ts";

/** Slots of columns and arguments. */
export function selectedSlots(plan: SelectPlan): Slot[] {
  const slots: Slot[] = [];
  const visit = (expression: Expression): void => {
    anyExpression(expression, (part) => {
      if (part.kind === "reference") {
        add(slots, { name: part.name, type: plan.typeOfReference(part) });
      }
      return false;
    });
  };
  for (const { expression } of plan.fields) visit(expression);
  return slots;
}

function add(slots: Slot[], slot: Slot): void {
  if (!slots.some(({ name, type }) => name === slot.name && type === slot.type)) slots.push(slot);
}

/** The slots selected, and behind them those of the condition, which have no type. */
export function collectSlots(plan: SelectPlan): Slot[] {
  const slots = selectedSlots(plan);
  const { condition } = plan.compiled;
  if (condition === undefined) return slots;
  anyExpression(condition, (part) => {
    if (part.kind === "reference" && part.cast !== "tag") {
      add(slots, { name: part.name, type: "unknown" });
    }
    return false;
  });
  return slots;
}
