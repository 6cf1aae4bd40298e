/** The types of field values, as they are numbered in rows. */

/** Number of a type in rows; never change one. */
export const fieldType = { float: 1, integer: 2, string: 3, boolean: 4 } as const;

export type FieldType = (typeof fieldType)[keyof typeof fieldType];

const names = ["", "float", "integer", "string", "boolean"] as const;

/** The name users see: float, integer, string or boolean. */
export function fieldTypeName(type: FieldType): "float" | "integer" | "string" | "boolean" {
  return names[type];
}
