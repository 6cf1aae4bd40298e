import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeEvents, fakeStats } from "../../../test/support/fake-events.ts";
import { engineCounters, engineTimings } from "../../engine/metrics.ts";
import { ServerMetrics } from "./server-metrics.ts";

test("ServerMetrics tells what was counted, timed and asked for", async () => {
  const metrics = new ServerMetrics();
  metrics.count("eventsPublished");
  metrics.count("eventsPublished", 99);
  metrics.observe("fireLag", 4, 10);
  metrics.httpRequest({ method: "GET", path: "/health", status: 200, durationMs: 3 });
  metrics.grpcCall({ method: "Publish", code: "OK", details: "", durationMs: 3 });
  const { text, contentType } = await metrics.text(new FakeEvents());
  assert.match(contentType, /^text\/plain; version=0\.0\.4/);
  for (const line of [
    "cronosdb_events_published_total 100",
    "cronosdb_events_rejected_total 0",
    'cronosdb_fire_lag_seconds_bucket{le="0.003"} 0',
    'cronosdb_fire_lag_seconds_bucket{le="0.005"} 10',
    `cronosdb_events_pending ${fakeStats.eventsPending}`,
    `cronosdb_store_bytes_on_disk ${fakeStats.storeBytesOnDisk}`,
    'cronosdb_http_requests_total{method="GET",path="/health",status="200"} 1',
    'cronosdb_grpc_calls_total{method="Publish",code="OK"} 1',
    'cronosdb_grpc_call_duration_seconds_bucket{le="0.005",method="Publish"} 1',
    'cronosdb_http_request_duration_seconds_bucket{le="0.005",path="/health"} 1',
  ]) {
    assert.ok(text.split("\n").includes(line), line);
  }
  assert.match(text, /^process_resident_memory_bytes \d+$/m);
});

test("ServerMetrics is text of Prometheus' grammar with one TYPE per family", async () => {
  const { text } = await new ServerMetrics().text(new FakeEvents());
  const types = [...text.matchAll(/^# TYPE (\S+) (counter|gauge|histogram|summary)$/gm)];
  const names = types.map(([, name]) => name);
  assert.equal(new Set(names).size, names.length);
  const engineRows = Object.keys(engineCounters).length + Object.keys(engineTimings).length;
  assert.ok(names.length > engineRows + Object.keys(fakeStats).length);
  for (const line of text.split("\n")) {
    assert.match(line, /^(?:# (?:HELP|TYPE) .+|[a-z][a-z0-9_]*(?:\{[^}]*\})? \S+)?$/);
  }
});

test("ServerMetrics.observeResp() is asked at each scrape", async () => {
  const metrics = new ServerMetrics();
  let commands = 5;
  metrics.observeResp(() => ({ clients: 2, connections: 3, commands }));
  assert.match(await metrics.describe(), /^cronosdb_resp_commands_total 5$/m);
  commands = 9;
  const text = await metrics.describe();
  assert.match(text, /^cronosdb_resp_commands_total 9$/m);
  assert.match(text, /^cronosdb_resp_connections_total 3$/m);
  assert.match(text, /^cronosdb_resp_clients 2$/m);
});
