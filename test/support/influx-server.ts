/** The routes of InfluxDB on a shard in memory that has a database "db". */
import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import fastify from "fastify";
import { openSeriesModels } from "../../src/engine/series/series-models.ts";
import { SeriesWriteService } from "../../src/engine/series/write-service.ts";
import { serveInflux } from "../../src/protocols/http/influx/serve-influx.ts";
import { influxWriteRoutes } from "../../src/protocols/http/influx/write-routes.ts";
import { openTestShard } from "./test-shard.ts";

export async function influxServer(): Promise<{
  readonly server: FastifyInstance;
  post(url: string, body: string | Buffer, headers?: Record<string, string>): Promise<string>;
}> {
  const { shard, clock } = await openTestShard({ memtableBytesMax: 2 ** 26 });
  const models = openSeriesModels(shard, { clock, onError: () => assert.fail() });
  await shard.execute((tx) => models.catalog.createDatabase(tx, "db"));
  const writes = new SeriesWriteService({ shard, clock, models });
  const server = fastify();
  serveInflux(server, {
    routes: influxWriteRoutes,
    backend: { writes },
    onFault: (fault) => assert.fail(fault),
  });
  const post = async (url: string, body: string | Buffer, headers = {}): Promise<string> => {
    const { statusCode, body: text } = await server.inject({ method: "POST", url, body, headers });
    return `${statusCode} ${text}`;
  };
  return { server, post };
}
