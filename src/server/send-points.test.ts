/** Points on their way to subscribers, over HTTP and UDP. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { datagramsOf, sendPoints } from "./send-points.ts";

const points = { database: "my db", policy: "autogen", lines: "m v=1 1\nm v=2 2\n" };

test("sendPoints posts lines to /write of an HTTP destination", async () => {
  const seen: string[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    request.setEncoding("utf8");
    request.on("data", (text: string) => seen.push(`${request.url} ${text}`));
    request.on("end", () => response.writeHead(status).end("because"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const destination = `http://127.0.0.1:${address.port}`;
  await sendPoints(destination, points);
  assert.deepEqual(seen, [`/write?db=my+db&rp=autogen&precision=ns ${points.lines}`]);
  status = 503;
  await assert.rejects(sendPoints(destination, points), /it answered 503: because|Unavailable/);
  server.close();
  server.closeAllConnections();
});

test("sendPoints sends datagrams to a UDP destination", async () => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const received = once(socket, "message");
  await sendPoints(`udp://127.0.0.1:${socket.address().port}`, points);
  assert.equal(String((await received)[0]), points.lines);
  socket.close();
});

test("datagramsOf never breaks a line, however long it is", () => {
  const long = "x".repeat(3000);
  const lots = datagramsOf(["a", "b", long, "c"].join("\n"));
  assert.deepEqual(lots.map(String), ["a\nb\n", `${long}\n`, "c\n"]);
});
