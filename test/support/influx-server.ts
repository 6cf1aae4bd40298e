/** The routes of InfluxDB on a shard in memory that has a database "db". */
import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import fastify from "fastify";
import { influxQueryRoutes } from "../../src/protocols/http/influx/query-routes.ts";
import type { InfluxBackend } from "../../src/protocols/http/influx/influx-route.ts";
import { serveInflux } from "../../src/protocols/http/influx/serve-influx.ts";
import { influxWriteRoutes } from "../../src/protocols/http/influx/write-routes.ts";
import { openQueryFixture } from "./query-fixture.ts";

export async function influxServer(users?: InfluxBackend["users"]): Promise<{
  readonly server: FastifyInstance;
  post(url: string, body: string | Buffer, headers?: Record<string, string>): Promise<string>;
}> {
  const { writes, queries } = await openQueryFixture();
  const server = fastify();
  serveInflux(server, {
    routes: [...influxWriteRoutes, ...influxQueryRoutes],
    backend: { writes, queries, ...(users === undefined ? {} : { users }) },
    onFault: (fault) => assert.fail(fault),
  });
  const post = async (url: string, body: string | Buffer, headers = {}): Promise<string> => {
    const { statusCode, body: text } = await server.inject({ method: "POST", url, body, headers });
    return `${statusCode} ${text}`;
  };
  return { server, post };
}
