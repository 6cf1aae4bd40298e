/**
 * JSON Schema with its TypeScript type: one value says what a request may look like to the
 * validator, to the OpenAPI document and to the compiler.
 *
 *   const Person = object({ name: string({ maxLength: 80 }), age: optional(integer()) });
 *   type Person = ValueOf<typeof Person>;          // { name: string; age?: number }
 *
 * Objects refuse fields they do not know. A schema with a title becomes a component of the OpenAPI
 * document.
 */

/** Keywords of a JSON Schema (draft 2020-12, as OpenAPI 3.1 uses it). */
export interface JsonSchema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";
  readonly title?: string;
  readonly description?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
}

declare const valueType: unique symbol;

/** A schema whose valid values have the type T. */
export interface Schema<T> {
  readonly json: JsonSchema;
  readonly isOptional?: boolean;
  /** Never there; carries the type. */
  readonly [valueType]?: T;
}

/** A field that may be absent. */
export interface OptionalSchema<T> extends Schema<T> {
  readonly isOptional: true;
}

/** The type of a schema's valid values. */
export type ValueOf<S> = S extends Schema<infer T> ? T : never;

type Fields = Readonly<Record<string, Schema<unknown>>>;
type OptionalNames<F> = {
  [K in keyof F]: F[K] extends OptionalSchema<unknown> ? K : never;
}[keyof F];
type FieldValues<F> = {
  readonly [K in Exclude<keyof F, OptionalNames<F>>]: ValueOf<F[K]>;
} & { readonly [K in OptionalNames<F>]?: ValueOf<F[K]> };

type Text = Pick<JsonSchema, "description" | "format" | "minLength" | "maxLength" | "default">;
type Numbers = Pick<JsonSchema, "description" | "minimum" | "maximum" | "default">;

export function string(keywords: Text = {}): Schema<string> {
  return { json: { type: "string", ...keywords } };
}

export function integer(keywords: Numbers = {}): Schema<number> {
  return { json: { type: "integer", ...keywords } };
}

export function number(keywords: Numbers = {}): Schema<number> {
  return { json: { type: "number", ...keywords } };
}

export function boolean(keywords: Pick<JsonSchema, "description"> = {}): Schema<boolean> {
  return { json: { type: "boolean", ...keywords } };
}

export function oneOf<const T extends readonly string[]>(
  values: T,
  keywords: Pick<JsonSchema, "description" | "default"> = {},
): Schema<T[number]> {
  return { json: { type: "string", enum: values, ...keywords } };
}

export function array<T>(
  items: Schema<T>,
  keywords: Pick<JsonSchema, "description" | "minItems" | "maxItems"> = {},
): Schema<readonly T[]> {
  return { json: { type: "array", items: items.json, ...keywords } };
}

/** An object used as a map from strings to values. */
export function record<T>(
  values: Schema<T>,
  keywords: Pick<JsonSchema, "description" | "minProperties"> = {},
): Schema<Readonly<Record<string, T>>> {
  return { json: { type: "object", additionalProperties: values.json, ...keywords } };
}

export function object<F extends Fields>(
  fields: F,
  keywords: Pick<JsonSchema, "title" | "description"> = {},
): Schema<FieldValues<F>> {
  const entries = Object.entries(fields);
  const required = entries.filter(([, field]) => field.isOptional !== true).map(([name]) => name);
  return {
    json: {
      type: "object",
      ...keywords,
      properties: Object.fromEntries(entries.map(([name, field]) => [name, field.json])),
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
    },
  };
}

/** One of two. `description` is what an error says was expected. */
export function either<A, B>(
  a: Schema<A>,
  b: Schema<B>,
  keywords: { readonly description: string },
): Schema<A | B> {
  return { json: { ...keywords, anyOf: [a.json, b.json] } };
}

export function optional<T>(schema: Schema<T>): OptionalSchema<T> {
  return { json: schema.json, isOptional: true };
}
