/** The routes of InfluxDB on a shard in memory that has a database "db". */
import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import fastify from "fastify";
import type { SeriesAccess } from "../../src/engine/auth/series-access.ts";
import type { Users } from "../../src/engine/auth/users.ts";
import { influxQueryRoutes } from "../../src/protocols/http/influx/query-routes.ts";
import { serveInflux } from "../../src/protocols/http/influx/serve-influx.ts";
import { influxWriteRoutes } from "../../src/protocols/http/influx/write-routes.ts";
import { openQueryFixture } from "./query-fixture.ts";

export async function influxServer(): Promise<{
  readonly server: FastifyInstance;
  readonly access: SeriesAccess;
  readonly users: Users;
  post(url: string, body: string | Buffer, headers?: Record<string, string>): Promise<string>;
}> {
  const { writes, queries, access, users } = await openQueryFixture();
  const server = fastify();
  serveInflux(server, {
    routes: [...influxWriteRoutes, ...influxQueryRoutes],
    backend: { writes, queries, access },
    onFault: (fault) => assert.fail(fault),
  });
  const post = async (url: string, body: string | Buffer, headers = {}): Promise<string> => {
    const { statusCode, body: text } = await server.inject({ method: "POST", url, body, headers });
    return `${statusCode} ${text}`;
  };
  return { server, access, users, post };
}
