import assert from "node:assert/strict";
import { test } from "node:test";
import { openApiDocument } from "./openapi.ts";
import { json, ok, route } from "./route.ts";
import { array, integer, object, optional, string } from "./schema.ts";

const Pet = object({ name: string(), age: optional(integer({ minimum: 0 })) }, { title: "Pet" });

const putPet = route({
  method: "PUT",
  path: "/pets/{name}",
  name: "putPet",
  tag: "Pets",
  summary: "Store a pet",
  params: object({ name: string({ description: "Its name" }) }),
  query: object({ force: optional(integer()) }),
  body: Pet,
  responses: { 200: json("All of them", object({ pets: array(Pet) })) },
  async handle() {
    return ok({ pets: [] });
  },
});

test("openApiDocument() says what the route says, titled schemas as components", () => {
  const document = JSON.parse(JSON.stringify(openApiDocument([putPet])));
  assert.equal(document.openapi, "3.1.0");
  const { put } = document.paths["/pets/{name}"];
  assert.equal(put.operationId, "putPet");
  assert.deepEqual(put.parameters, [
    {
      name: "name",
      in: "path",
      required: true,
      description: "Its name",
      schema: { type: "string" },
    },
    { name: "force", in: "query", required: false, schema: { type: "integer" } },
  ]);
  const reference = { $ref: "#/components/schemas/Pet" };
  assert.deepEqual(put.requestBody.content["application/json"].schema, reference);
  const answer = put.responses["200"].content["application/json"].schema;
  assert.deepEqual(answer.properties.pets.items, reference);
  assert.deepEqual(document.components.schemas.Pet, {
    type: "object",
    properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 } },
    required: ["name"],
    additionalProperties: false,
  });
  assert.ok(put.responses.default.content["application/json"].schema.$ref.endsWith("/Error"));
});

test("openApiDocument() refuses two schemas of one title", () => {
  const other = { ...putPet, path: "/other", body: object({}, { title: "Pet" }) };
  assert.throws(() => openApiDocument([putPet, other]), /Two schemas are called Pet/);
});
