/** Holds the answers of a server to what its OpenAPI document promises. */
import assert from "node:assert/strict";
import fastify from "fastify";
import type { FastifyInstance } from "fastify";

export interface OpenApiOperation {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** An answer as inject() gives it. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export class OpenApiValidator {
  readonly document: OpenApiDocument;
  readonly #compile: (schema: object) => (value: unknown) => boolean;
  readonly #compiled = new Map<object, (value: unknown) => boolean>();

  private constructor(
    document: OpenApiDocument,
    compile: (schema: object) => (value: unknown) => boolean,
  ) {
    this.document = document;
    this.#compile = compile;
  }

  /** Reads the document that `server` serves. */
  static async of(server: FastifyInstance): Promise<OpenApiValidator> {
    const document = (await server.inject("/openapi.json")).json();
    return new OpenApiValidator(document, await compilerFor(document));
  }

  get operations(): readonly {
    readonly path: string;
    readonly method: string;
    readonly operation: OpenApiOperation;
  }[] {
    return Object.entries(this.document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
  }

  /** Asserts that the answer is one of those that the operation may give, in its form. */
  check(operation: OpenApiOperation, answer: Answer): void {
    const label = `${operation.operationId} ${answer.statusCode}: ${answer.body.slice(0, 500)}`;
    const { responses } = operation;
    const content = (responses[String(answer.statusCode)] ?? responses["default"])?.content ?? {};
    const [type = ""] = String(answer.headers["content-type"]).split(";", 1);
    const schema = content[type]?.schema;
    assert.ok(schema !== undefined, `${label}: ${type} is not in the document`);
    if (type !== "application/json") return;
    assert.ok(this.#validator(schema)(JSON.parse(answer.body)), label);
  }

  /** The operation that a path such as /api/v1/topics/orders belongs to. */
  find(method: string, url: string): OpenApiOperation {
    const [asked = ""] = url.split("?", 1);
    const matches = this.operations.filter((each) => {
      const pattern = each.path.replaceAll(/\{\w+\}/g, "[^/]+");
      return each.method.toUpperCase() === method && new RegExp(`^${pattern}$`).test(asked);
    });
    // A path written out wins over one with a parameter.
    const parameters = ({ path }: { readonly path: string }): number => path.split("{").length;
    const found = matches.toSorted((a, b) => parameters(a) - parameters(b))[0];
    assert.ok(found !== undefined, `${method} ${asked} is not in the document`);
    return found.operation;
  }

  #validator(schema: object): (value: unknown) => boolean {
    const known = this.#compiled.get(schema);
    if (known !== undefined) return known;
    const compiled = this.#compile(schema);
    this.#compiled.set(schema, compiled);
    return compiled;
  }
}

/** Compiles schemas of the document with fastify's own validator. */
async function compilerFor(
  document: OpenApiDocument,
): Promise<(schema: object) => (value: unknown) => boolean> {
  let compile: ((schema: object) => (value: unknown) => boolean) | undefined;
  const server = fastify({
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, strict: false },
      onCreate: (ajv) => {
        ajv.addSchema({ ...document, $id: "openapi" });
        compile = (schema) => {
          const absolute = JSON.stringify(schema).replaceAll('"#/', '"openapi#/');
          const validate = ajv.compile(JSON.parse(absolute));
          return (value) => validate(value) === true;
        };
      },
    },
  });
  // The validator is made for the first schema of a route.
  server.get("/", { schema: { querystring: { type: "object" } } }, async () => ({}));
  await server.ready();
  assert.ok(compile !== undefined);
  return compile;
}
