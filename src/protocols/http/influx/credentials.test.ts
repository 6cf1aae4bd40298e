/** Credentials in their forms, and what happens without leave. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { influxServer } from "../../../../test/support/influx-server.ts";
import { openTestShard } from "../../../../test/support/test-shard.ts";
import { SeriesUsers, seriesPrivilege } from "../../../engine/auth/series-users.ts";
import { Users } from "../../../engine/auth/users.ts";
import { SeededRandom } from "../../../ports/seeded-random.ts";

test("routes of InfluxDB ask for credentials once the default user has a password", async () => {
  const { shard } = await openTestShard();
  const users = new Users(shard, new SeededRandom(1));
  const series = new SeriesUsers(users);
  await series.create("rd", "p w", false);
  await series.setPrivilege("rd", "db", seriesPrivilege.read);
  const { server, post } = await influxServer(users);
  assert.equal(await post("/write?db=db", "m v=1 1"), "204 ");
  users.requirePassword("secret");
  const ask = async (url: string, authorization = ""): Promise<string> => {
    const headers = authorization === "" ? {} : { authorization };
    const { statusCode, body } = await server.inject({ method: "GET", url, headers });
    return `${statusCode} ${body.trim()}`;
  };
  const select = "/query?db=db&q=SELECT%20v%20FROM%20m&epoch=ns";
  const basic = `Basic ${Buffer.from("rd:p w").toString("base64")}`;
  assert.equal(await ask(select), '401 {"error":"unable to parse authentication credentials"}');
  assert.equal(await ask(`${select}&u=rd&p=x`), '401 {"error":"authorization failed"}');
  for (const answer of [await ask(`${select}&u=rd&p=p%20w`), await ask(select, basic)]) {
    assert.match(answer, /^200 .*\[\[1,1\]\]/);
  }
  assert.match(await ask(select, "Token default:secret"), /^200 /);
  assert.equal(
    await ask("/query?db=db&q=SHOW%20USERS", basic),
    `403 {"error":"error authorizing query: rd not authorized to execute statement ` +
      `'SHOW USERS', requires admin privilege"}`,
  );
  assert.equal(
    await post("/write?db=db", "m v=1 1", { authorization: basic }),
    `403 {"error":"\\"rd\\" user is not authorized to write to database \\"db\\""}\n`,
  );
  assert.match(await ask("/ping"), /^204/);
  await server.close();
});
