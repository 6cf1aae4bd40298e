import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { defaultEngineSettings } from "../../engine/settings.ts";
import { declaration, environmentName, settingNames } from "./declaration.ts";
import { readSettings } from "./read-settings.ts";
import { serverConfig } from "./server-config.ts";

const folder = mkdtempSync(join(tmpdir(), "cronosdb-config-"));
after(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const path = join(folder, "cronosdb.json");
  writeFileSync(path, text);
  return path;
}

const nothing = { flags: {}, environment: {} };

test("readSettings() gives the defaults when nothing is set", () => {
  const config = serverConfig(readSettings(nothing).values);
  assert.deepEqual(config.engine, defaultEngineSettings);
  assert.equal(config.dataDir, "./data");
  assert.deepEqual(config.grpc, { host: "127.0.0.1", port: 9000 });
  assert.deepEqual(config.http, { host: "127.0.0.1", port: 8080 });
  assert.equal(config.admin, undefined);
});

test("readSettings() prefers flag over environment over file over default", () => {
  const file = fileWith('{"max-retries": 1, "node-id": "file", "ack-timeout": "1s"}');
  const environment = { CRONOS_MAX_RETRIES: "2", CRONOS_NODE_ID: "env" };
  const { values } = readSettings({ flags: { "max-retries": "3" }, environment, file });
  assert.equal(values["max-retries"], 3);
  assert.equal(values["node-id"], "env");
  assert.equal(values["ack-timeout"], 1_000);
  assert.equal(values["partition-count"], 8);
});

test("readSettings() takes the file's path from CRONOS_CONFIG", () => {
  const environment = { CRONOS_CONFIG: fileWith('{"insecure": true, "segment-size": 1048576}') };
  const { values, warnings } = readSettings({ flags: {}, environment });
  assert.equal(values.insecure, true);
  assert.equal(values["segment-size"], 1_048_576);
  assert.deepEqual(warnings, []);
});

test("readSettings() refuses what is wrong, naming place, value and what was expected", () => {
  const cases: readonly (readonly [Parameters<typeof readSettings>[0], RegExp])[] = [
    [{ ...nothing, flags: { "segment-size": "5XB" } }, /--segment-size "5XB": expected a size/],
    [{ ...nothing, flags: { "tick-ms": "0" } }, /--tick-ms "0": expected a duration .* from 1ms/],
    [{ ...nothing, flags: { "fsync-mode": "never" } }, /expected every_event, batch, periodic/],
    [{ ...nothing, flags: { "grpc-addr": "9000" } }, /--grpc-addr "9000": expected host:port/],
    [{ ...nothing, flags: { "data-dri": "x" } }, /Unknown flag "data-dri" .*"data-dir"\?/],
    [{ flags: {}, environment: { CRONOS_INSECURE: "maybe" } }, /CRONOS_INSECURE "maybe": expected/],
    [{ ...nothing, file: fileWith.name }, /Cannot read the configuration fileWith: ENOENT/],
  ];
  for (const [sources, message] of cases) {
    assert.throws(() => readSettings(sources), { code: "INVALID_ARGUMENT", message });
  }
});

test("readSettings() refuses a wrong file, naming the nearest right key", () => {
  const cases = [
    ['{"data-dirr": "x"}', /Unknown setting "data-dirr" in .*\.json: did you mean "data-dir"\?/],
    ['{"colour": "x"}', /Unknown setting "colour" in .*cronosdb\.json$/],
    ['{"max-retries": -1}', /max-retries in .*cronosdb\.json -1: expected a whole number/],
    ['{"max-retries": null}', /max-retries in .*cronosdb\.json null: expected a whole number/],
    ["[]", /must be a JSON object/],
    ["{", /Cannot read the configuration/],
  ] as const;
  for (const [text, message] of cases) {
    const file = fileWith(text);
    assert.throws(() => readSettings({ ...nothing, file }), { code: "INVALID_ARGUMENT", message });
  }
});

test("readSettings() checks a value although another one wins over it", () => {
  const environment = { CRONOS_MAX_RETRIES: "many" };
  assert.throws(() => readSettings({ flags: { "max-retries": "3" }, environment }), /"many"/);
});

test("readSettings() warns of CRONOS_ variables that are no settings", () => {
  const { warnings } = readSettings({ flags: {}, environment: { CRONOS_DATADIR: "x" } });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /"CRONOS_DATADIR".*did you mean "CRONOS_DATA_DIR"/);
});

test("every setting's default passes its own check, and the file takes what a flag takes", () => {
  for (const name of settingNames) {
    const setting = declaration[name];
    assert.ok(setting.check.safeParse(setting.default).success, name);
    const file = fileWith(JSON.stringify({ [name]: setting.default }));
    const environment = { [environmentName(name)]: setting.default };
    assert.deepEqual(readSettings({ ...nothing, file }), readSettings({ flags: {}, environment }));
  }
});

test("serverConfig() refuses to listen beyond loopback unless insecure", () => {
  for (const name of ["grpc-addr", "http-addr", "resp-addr", "udp-addr", "admin-addr"]) {
    const flags = { [name]: "0.0.0.0:0" };
    const { values } = readSettings({ ...nothing, flags });
    assert.throws(() => serverConfig(values), { message: /--insecure/, code: "INVALID_ARGUMENT" });
    const allowed = readSettings({ ...nothing, flags: { ...flags, insecure: true } }).values;
    assert.doesNotThrow(() => serverConfig(allowed));
  }
});

test("serverConfig() refuses settings whose part does not exist", () => {
  const cases = [{ cluster: "nats://a:4222" }, { "data-dir": ":memory:" }];
  for (const flags of cases) {
    const { values } = readSettings({ ...nothing, flags });
    assert.throws(() => serverConfig(values), /^CronosError: Refused --/);
  }
});

test("serverConfig() leaves out listeners that are off", () => {
  const flags = { "grpc-addr": "off", "http-addr": ":0", "admin-addr": "[::1]:1" };
  const config = serverConfig(readSettings({ ...nothing, flags }).values);
  assert.equal(config.grpc, undefined);
  assert.deepEqual(config.http, { host: "127.0.0.1", port: 0 });
  assert.deepEqual(config.admin, { host: "::1", port: 1 });
});
