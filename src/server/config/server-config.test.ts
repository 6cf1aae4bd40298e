import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "./read-settings.ts";
import { serverConfig } from "./server-config.ts";

function configOf(flags: Readonly<Record<string, string>>) {
  return serverConfig(readSettings({ flags, environment: {} }).values);
}

test("serverConfig: with a password all but admin may be reached from elsewhere", () => {
  const anywhere = { "resp-addr": "0.0.0.0:5484" };
  assert.throws(() => configOf(anywhere), /Refused --resp-addr 0\.0\.0\.0:5484/);
  assert.equal(configOf({ ...anywhere, requirepass: "secret" }).respPassword, "secret");
  const admin = { "admin-addr": "0.0.0.0:8080", requirepass: "secret" };
  assert.throws(() => configOf(admin), /Refused --admin-addr/);
});

test("serverConfig: TLS needs a certificate and its key", () => {
  assert.equal(configOf({}).respTls, undefined);
  assert.deepEqual(configOf({ "tls-cert": "c", "tls-key": "k" }).respTls, { cert: "c", key: "k" });
  assert.throws(() => configOf({ "tls-cert": "c" }), /together with --tls-key/);
  assert.throws(() => configOf({ "tls-ca": "a" }), /together with --tls-cert and --tls-key/);
});

test("serverConfig: limits of queries are settings", () => {
  const { engine } = configOf({ "query-timeout": "5s", "query-max-buckets": "10" });
  assert.equal(engine.queryTimeoutMs, 5_000);
  assert.equal(engine.queryBucketsMax, 10);
  assert.equal(configOf({ "query-timeout": "0s" }).engine.queryTimeoutMs, 0);
});
