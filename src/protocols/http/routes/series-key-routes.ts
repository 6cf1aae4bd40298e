/**
 * API keys of databases of time series. What is asked for may be asked by who may do everything
 * with time series; they do the same as CREATE, SHOW and DROP API KEY of InfluxQL.
 */
import { CronosError } from "../../../base/errors.ts";
import type { HttpBackend, Route } from "../route.ts";
import { json, ok, route } from "../route.ts";
import { array, boolean, integer, object, oneOf, optional, string } from "../schema.ts";

const database = string({ description: "Name of the database of time series" });
const access = oneOf(["read", "write"], { description: "What the key is good for" });
const pattern = string({
  description: "Regular expression (RE2) of the measurements it is good for; absent: all",
});

const NewKey = object({ name: string(), access, pattern: optional(pattern) }, { title: "NewKey" });
const CreatedKey = object(
  { name: string(), key: string({ description: "The key, which is told this once" }) },
  { title: "CreatedKey" },
);
const KeyInfo = object(
  { name: string(), access, pattern: optional(pattern), createdAt: integer() },
  { title: "ApiKey" },
);

const path = "/api/v1/series/databases/{database}/keys";
const tag = "Time series";

const createKey = route({
  method: "POST",
  path,
  name: "createSeriesKey",
  tag,
  summary: "Make an API key",
  params: object({ database }),
  body: NewKey,
  responses: { 201: json("The key", CreatedKey) },
  async handle({ params, body }, backend) {
    const { name, access: granted, pattern: limit } = body;
    const key = await keysOf(backend).create({
      name,
      database: params.database,
      access: granted === "read" ? "READ" : "WRITE",
      ...(limit === undefined ? {} : { pattern: limit }),
    });
    return { status: 201, body: { name, key } };
  },
});

const listKeys = route({
  method: "GET",
  path,
  name: "listSeriesKeys",
  tag,
  summary: "The API keys of a database, without the keys themselves",
  params: object({ database }),
  responses: { 200: json("In the order they were made", object({ keys: array(KeyInfo) })) },
  async handle({ params }, backend) {
    const keys = keysOf(backend).list(params.database).map(({ created, ...key }) => {
      return { ...key, access: key.access === "READ" ? "read" : "write", createdAt: created };
    });
    return ok({ keys });
  },
});

const revokeKey = route({
  method: "DELETE",
  path: `${path}/{name}`,
  name: "revokeSeriesKey",
  tag,
  summary: "Revoke an API key: it is refused from the next request on",
  params: object({ database, name: string() }),
  responses: { 200: json("It was there", object({ deleted: boolean() })) },
  async handle({ params }, backend) {
    await keysOf(backend).drop(params.database, params.name);
    return ok({ deleted: true });
  },
});

export const seriesKeyRoutes: readonly Route[] = [createKey, listKeys, revokeKey];

function keysOf({ seriesKeys }: HttpBackend): NonNullable<HttpBackend["seriesKeys"]> {
  if (seriesKeys !== undefined) return seriesKeys;
  throw new CronosError("NOT_FOUND", "There are no time series here");
}
