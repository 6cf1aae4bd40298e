/**
 * Tells the user why a query gives nothing where 1.x gives nothing without a word: names that are
 * not there, text between double quotes, a range in the future.
 */
import type { Expression } from "../ast.ts";
import type { SelectContext } from "../result.ts";
import { anyExpression } from "../walk.ts";
import type { SelectPlan } from "./plan.ts";

export function warnOfPlan(plan: SelectPlan, context: SelectContext): void {
  const { compiled, inputs } = plan;
  for (const source of compiled.statement.sources) {
    if (source.kind !== "measurement" || source.regex !== undefined) continue;
    const isThere = inputs.some(
      (input) => input.kind === "measurement" && input.info.name === source.name,
    );
    if (!isThere) context.warn(`there is no measurement ${source.name}`);
  }
  if (inputs.length > 0) warnOfNames(plan, context);
  if (compiled.range.from !== undefined && compiled.range.from > context.now) {
    context.warn("the range of time lies in the future");
  }
}

function warnOfNames(plan: SelectPlan, context: SelectContext): void {
  const unknown = new Set<string>();
  const visit = (expression: Expression | undefined): void => {
    if (expression === undefined) return;
    anyExpression(expression, (part) => {
      const isKnown =
        part.kind !== "reference" || plan.inputs.some(({ columns }) =>
          columns.fields.has(part.name) || columns.tags.has(part.name));
      if (!isKnown) unknown.add(part.name);
      return false;
    });
  };
  for (const { expression } of plan.compiled.fields) visit(expression);
  for (const name of unknown) context.warn(`there is no field or tag ${name}`);
  unknown.clear();
  visit(plan.compiled.condition);
  for (const name of unknown) {
    context.warn(`there is no field or tag ${name}; text stands in single quotes: '${name}'`);
  }
}
