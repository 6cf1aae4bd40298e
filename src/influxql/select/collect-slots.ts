/** Which names with which types a planned SELECT reads from points. */
import type { Expression } from "../ast.ts";
import { anyExpression } from "../walk.ts";
import type { SelectPlan, Slot } from "./plan.ts";

/** Slots of columns and arguments first; those of the condition, which have no type, last. */
export function collectSlots(plan: SelectPlan): Slot[] {
  const slots: Slot[] = [];
  const add = (slot: Slot): void => {
    if (!slots.some(({ name, type }) => name === slot.name && type === slot.type)) slots.push(slot);
  };
  const visit = (expression: Expression): void => {
    anyExpression(expression, (part) => {
      if (part.kind === "reference") add({ name: part.name, type: plan.typeOfReference(part) });
      return false;
    });
  };
  for (const { expression } of plan.fields) visit(expression);
  const { condition } = plan.compiled;
  if (condition === undefined) return slots;
  anyExpression(condition, (part) => {
    if (part.kind === "reference" && part.cast !== "tag") add({ name: part.name, type: "unknown" });
    return false;
  });
  return slots;
}
