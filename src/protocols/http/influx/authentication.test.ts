/** Users, grants and keys over HTTP: the texts and statuses of 1.x. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { influxServer } from "../../../../test/support/influx-server.ts";

type Headers = Readonly<Record<string, string>>;

async function serve() {
  const { server, access, users } = await influxServer();
  const send = async (url: string, body: string, headers: Headers) => {
    const answer = await server.inject({ method: "POST", url, body, headers });
    return { text: `${answer.statusCode} ${answer.body.trim()}`, headers: answer.headers };
  };
  const ask = async (q: string, authorization = "", more = "db=db"): Promise<string> => {
    const url = `/query?${more}&q=${encodeURIComponent(q)}`;
    return (await send(url, "", authorization === "" ? {} : { authorization })).text;
  };
  const write = async (lines: string, authorization = "", db = "db"): Promise<string> => {
    const headers: Headers = authorization === "" ? {} : { authorization };
    return (await send(`/write?db=${db}`, lines, headers)).text;
  };
  return { server, access, users, send, ask, write };
}

const done = '200 {"results":[{"statement_id":0}]}';

function error(status: number, text: string): string {
  return `${status} ${JSON.stringify({ error: text })}`;
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

const admin = basic("ad:x");
const makeAdmin = "CREATE USER ad WITH PASSWORD 'x' WITH ALL PRIVILEGES";

test("without auth everybody may do everything, whatever they send along", async () => {
  const { server, ask, write } = await serve();
  assert.equal(await ask("CREATE USER bob WITH PASSWORD 'pw'"), done);
  assert.equal(await ask("DROP USER bob", basic("root:root")), done);
  assert.equal(await write("m v=1", "Token x"), "204 ");
  await server.close();
});

test("with auth the first thing is to create an administrator", async () => {
  const { server, access, ask, write } = await serve();
  access.requireCredentials();
  const first = error(
    403,
    "error authorizing query: create admin user first or disable authentication",
  );
  assert.equal(await ask("SHOW DATABASES"), first);
  assert.equal(await ask("CREATE USER bob WITH PASSWORD 'x'"), first);
  assert.equal(await ask(`${makeAdmin}; DROP DATABASE db`), first);
  assert.equal(await write("m v=1"), error(403, 'user is required to write to database "db"'));
  assert.equal(await ask(makeAdmin), done);
  assert.match(await ask(makeAdmin), /^401/);
  assert.equal(await ask("SHOW DATABASES", admin, ""), databases("db"));
  await server.close();
});

function databases(name: string): string {
  const series = `{"name":"databases","columns":["name"],"values":[["${name}"]]}`;
  return `200 {"results":[{"statement_id":0,"series":[${series}]}]}`;
}

test("credentials are read as by 1.x, and refused in its words", async () => {
  const { server, access, users, ask, send } = await serve();
  await ask(makeAdmin);
  access.requireCredentials();
  const unread = error(401, "unable to parse authentication credentials");
  const failed = error(401, "authorization failed");
  assert.equal(await ask("SHOW DATABASES"), unread);
  assert.equal(await ask("SHOW DATABASES", "Basic x"), unread);
  assert.equal(await ask("SHOW DATABASES", "", "u=ad"), unread);
  assert.equal(await ask("SHOW DATABASES", basic(":x")), error(401, "username required"));
  assert.equal(await ask("SHOW DATABASES", basic("ad:y")), failed);
  assert.equal(await ask("SHOW DATABASES", basic("default:y")), failed);
  assert.equal(await ask("SHOW DATABASES", "Bearer x"), failed);
  assert.equal(await ask("SHOW DATABASES", "Token ad:x", ""), databases("db"));
  assert.equal(await ask("SHOW DATABASES", "", "u=ad&p=x"), databases("db"));
  const { headers } = await send("/write?db=db", "m v=1", {});
  assert.equal(headers["www-authenticate"], 'Basic realm="InfluxDB"');
  assert.equal(headers["x-influxdb-error"], "unable to parse authentication credentials");
  assert.match(await ask("", "Basic x"), /^401/);
  assert.equal((await server.inject({ url: "/ping" })).statusCode, 204);
  const tried = users.denials.entries.map(({ entry }) => entry.user);
  assert.deepEqual([...new Set(tried)].toSorted(), ["", "ad", "default"]);
  await server.close();
});

test("users do what was granted to them", async () => {
  const { server, access, users, ask, write } = await serve();
  await ask(`${makeAdmin}; CREATE DATABASE h2; CREATE USER rd WITH PASSWORD 'x'`);
  await ask("CREATE USER wr WITH PASSWORD 'x'; GRANT READ ON db TO rd; GRANT WRITE ON db TO wr");
  access.requireCredentials();
  const [rd, wr] = [basic("rd:x"), basic("wr:x")];
  const refused = (user: string, statement: string, what: string): string => {
    const text = `${user} not authorized to execute statement '${statement}', requires ${what}`;
    return error(403, `error authorizing query: ${text}`);
  };
  const fault = '"rd" user is not authorized to write to database "db"';
  assert.equal(await write("m v=1 1", rd), error(403, fault));
  assert.equal(await write("m v=1 1", rd, "x"), error(404, 'database not found: "x"'));
  assert.equal(await write("m v=1 1", wr), "204 ");
  assert.match(await ask("SELECT v FROM m", rd), /\["1970-01-01T00:00:00.000000001Z",1\]/);
  const select = "SELECT v FROM m";
  assert.equal(await ask(select, wr), refused("wr", select, "READ on db"));
  const other = "SELECT * FROM h2..m";
  assert.equal(await ask(`${select}; ${other}`, rd), refused("rd", other, "READ on h2"));
  const users1 = "SHOW USERS";
  assert.equal(await ask(users1, rd), refused("rd", users1, "admin privilege"));
  assert.equal(await ask("SHOW DATABASES", rd), databases("db"));
  assert.equal(await ask("SHOW DATABASES", wr), databases("db"));
  assert.equal(await ask("DELETE FROM m", wr), done);
  await ask("REVOKE READ ON db FROM rd", admin);
  assert.match(await ask("SHOW MEASUREMENTS", rd), /^403/);
  const [{ entry } = assert.fail()] = users.denials.entries;
  assert.deepEqual([entry.user, entry.object], ["rd", "show measurements"]);
  await server.close();
});

test("API keys read or write what they are for, until they are dropped", async () => {
  const { server, access, ask, write, send } = await serve();
  await ask(makeAdmin);
  const key = async (name: string, rest: string): Promise<string> => {
    const answer = await ask(`CREATE API KEY ${name} ON db FOR ${rest}`);
    const [found = assert.fail(answer)] = /cronos_[\w-]+/.exec(answer) ?? [];
    return found;
  };
  const writer = await key("w", "WRITE SERIES /^cpu/");
  const reader = await key("r", "READ");
  const cpuReader = await key("c", "READ SERIES /^cpu/");
  access.requireCredentials();
  assert.equal(await write("cpu v=1 1", `Token ${writer}`), "204 ");
  const v2 = "/api/v2/write?bucket=db/autogen";
  const headers = { authorization: `Token ${writer}` };
  assert.equal((await send(v2, "cpu v=2 2", headers)).text, "204 ");
  const within = 'api key "w" is not authorized to write to measurement "mem" of database "db"';
  assert.equal(await write("cpu v=1 3\nmem v=1", `Token ${writer}`), error(403, within));
  assert.match(await write("m v=1", `Token ${reader}`), /^403.*not authorized to write to/);
  assert.match(await ask("SELECT count(v) FROM /./", `Bearer ${reader}`), /\["1970[^"]*",2\]/);
  assert.match(await ask("SELECT v FROM cpu", `Bearer ${writer}`), /^403.*requires READ on db/);
  assert.match(await ask("SELECT v FROM cpu", `Bearer ${cpuReader}`), /^200.*values/);
  for (const text of ["SELECT v FROM mem", "SELECT v FROM /cpu/", "SHOW SERIES"]) {
    const answer = await ask(text, `Bearer ${cpuReader}`);
    assert.match(answer, /^403.*requires measurements by name that match \/\^cpu\//, text);
  }
  const listed = await ask("SHOW API KEYS ON db", admin);
  assert.match(listed, /\["w","WRITE","\^cpu","[-\d:.TZ]+"\],\["r","READ",null,/);
  assert.ok(!listed.includes("cronos_"));
  assert.equal(await ask("DROP API KEY w ON db", admin), done);
  assert.equal(await write("cpu v=1", `Token ${writer}`), error(401, "authorization failed"));
  await server.close();
});
