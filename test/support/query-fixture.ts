/** Queries on a shard in memory: write lines, ask statements, see the answer as JSON. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultEngineSettings, queryLimits } from "../../src/engine/settings.ts";
import { SeriesUsers } from "../../src/engine/auth/series-users.ts";
import { Users } from "../../src/engine/auth/users.ts";
import { executeSelect } from "../../src/influxql/execute-select.ts";
import { parseQuery } from "../../src/influxql/parse.ts";
import { SeriesAccess } from "../../src/engine/auth/series-access.ts";
import { SeriesKeys } from "../../src/engine/auth/series-keys.ts";
import { openSeriesModels } from "../../src/engine/series/series-models.ts";
import type { SeriesModels } from "../../src/engine/series/series-models.ts";
import { QueryService } from "../../src/engine/series/query-service.ts";
import type { QueryRequest, SelectExecutor } from "../../src/engine/series/query-service.ts";
import { statisticsOf } from "../../src/engine/series/server-figures.ts";
import { SeriesWriteService } from "../../src/engine/series/write-service.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { jsonDocument } from "../../src/protocols/http/influx/encode-json.ts";
import { openTestShard } from "./test-shard.ts";
import type { TestShard } from "./test-shard.ts";

export interface QueryFixture extends TestShard {
  readonly models: SeriesModels;
  readonly writes: SeriesWriteService;
  readonly access: SeriesAccess;
  readonly users: Users;
  readonly queries: QueryService;
  readonly write: (lines: string) => Promise<void>;
  /** Results as JSON, without the frame around them when there is one without an error. */
  readonly ask: (text: string, request?: Partial<QueryRequest>) => Promise<string>;
}

/** With a database "db" that these lines were written to. */
export async function openQueryFixture(
  lines = "",
  select: SelectExecutor = executeSelect,
): Promise<QueryFixture> {
  const parts = await openTestShard({ memtableBytesMax: 2 ** 26 });
  const { shard, clock } = parts;
  const models = openSeriesModels(shard, { clock, onError: () => assert.fail() });
  await shard.execute((tx) => models.catalog.createDatabase(tx, "db"));
  const writes = new SeriesWriteService({ shard, clock, models });
  const random = new SeededRandom(1);
  const users = new Users(shard, random);
  const keys = new SeriesKeys({ shard, random, models });
  const access = new SeriesAccess({ users, keys, catalog: models.catalog, clock });
  const queries: QueryService = new QueryService({
    ...parts,
    random,
    access: { users: new SeriesUsers(users, models.catalog), keys },
    models,
    select,
    write: (request) => writes.write(request),
    limits: queryLimits(defaultEngineSettings),
    stats: () => statisticsOf(models, queries.registry),
    diagnostics: () => [],
  });
  const write = async (text: string): Promise<void> => {
    await writes.write({ database: "db", lines: Buffer.from(text) });
  };
  const ask = async (text: string, request: Partial<QueryRequest> = {}): Promise<string> => {
    const statements = parseQuery(text);
    const rest = { database: "db", policy: "", isReadOnly: false, chunkRows: 1000 };
    const events = queries.run({ statements, text, ...rest, ...request });
    let json = "";
    for await (const piece of jsonDocument(events, 1n)) json += piece;
    return json.trim().replace(/^\{"results":\[\{"statement_id":0,?(.*)\}\]\}$/, "$1");
  };
  if (lines !== "") await write(lines);
  return { ...parts, models, writes, queries, access, users, write, ask };
}

/** A test for each statement: asked in this order, it answers this. */
export function testAnswers(
  what: string,
  lines: string,
  cases: readonly (readonly [string, string])[],
): void {
  test(`${what} answers as InfluxDB 1.x`, async () => {
    const { ask } = await openQueryFixture(lines);
    for (const [text, expected] of cases) assert.equal(await ask(text), expected, text);
  });
}
