/**
 * The OpenAPI 3.1 document, made from the table of routes. Schemas with a title become components
 * that are referred to, so that generated clients have names for them.
 */
import { assert } from "../../base/assert.ts";
import { ErrorBody } from "./http-errors.ts";
import { isInNamespace, namespaceParameter } from "./route.ts";
import type { Route, RouteResponse } from "./route.ts";
import type { JsonSchema, Schema } from "./schema.ts";

/** Version of the interface, not of the program: it changes when a path or a body does. */
const apiVersion = "1.0.0";

interface Components {
  readonly schemas: Map<string, unknown>;
}

/** The document; plain JSON. */
export function openApiDocument(routes: readonly Route[]): object {
  const components: Components = { schemas: new Map() };
  const paths: Record<string, Record<string, object>> = {};
  for (const each of routes) {
    const method = each.method.toLowerCase();
    paths[each.path] = { ...paths[each.path], [method]: operation(each, components) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "CronosDB",
      version: apiVersion,
      description: "Events that fire on time: publish, subscribe, schedule, replay.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: Object.fromEntries(components.schemas) },
  };
}

function operation(each: Route, components: Components): object {
  const responses = Object.entries(each.responses).map(([status, answer]) => {
    return [status, response(answer, components)] as const;
  });
  const parameters = [
    ...parametersOf(each.params, "path", components),
    ...parametersOf(each.query, "query", components),
    ...(isInNamespace(each) ? [namespaceOfEvents] : []),
  ];
  return {
    operationId: each.name,
    tags: [each.tag],
    summary: each.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(each.body === undefined ? {} : { requestBody: requestBody(each, each.body, components) }),
    responses: {
      ...Object.fromEntries(responses),
      default: response(
        { description: "An error", content: { "application/json": ErrorBody.json } },
        components,
      ),
    },
  };
}

const namespaceOfEvents = {
  name: namespaceParameter,
  in: "query",
  required: false,
  description: "The namespace that the events are in; default global",
  schema: { type: "string" },
};

function parametersOf(schema: Schema<unknown>, where: string, components: Components): object[] {
  const required = schema.json.required ?? [];
  return Object.entries(schema.json.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: where,
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: hoist(rest, components),
    };
  });
}

function requestBody(each: Route, body: Schema<unknown>, components: Components): object {
  return {
    required: each.isBodyOptional !== true,
    content: { "application/json": { schema: hoist(body.json, components) } },
  };
}

function response({ description, content }: RouteResponse, components: Components): object {
  const hoisted = Object.entries(content).map(([type, schema]) => {
    return [type, { schema: hoist(schema, components) }] as const;
  });
  return { description, content: Object.fromEntries(hoisted) };
}

/** The schema with every titled schema in it replaced by a reference to a component. */
function hoist(schema: JsonSchema, components: Components): unknown {
  const { title, properties, items, additionalProperties, anyOf, ...rest } = schema;
  const inner = (each: JsonSchema): unknown => hoist(each, components);
  const hoisted = {
    ...rest,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, property]) => [name, inner(property)]),
          ),
        }),
    ...(items === undefined ? {} : { items: inner(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(inner) }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === "boolean"
              ? additionalProperties
              : inner(additionalProperties),
        }),
  };
  if (title === undefined) return hoisted;
  const known = components.schemas.get(title);
  assert(
    known === undefined || JSON.stringify(known) === JSON.stringify(hoisted),
    () => `Two schemas are called ${title}`,
  );
  components.schemas.set(title, hoisted);
  return { $ref: `#/components/schemas/${title}` };
}
