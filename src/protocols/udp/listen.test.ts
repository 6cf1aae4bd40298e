import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { openTestShard, turn } from "../../../test/support/test-shard.ts";
import { openSeriesModels } from "../../engine/series/series-models.ts";
import { SeriesWriteService } from "../../engine/series/write-service.ts";
import { UdpListener } from "./listen.ts";

test("UdpListener writes datagrams together and counts what it drops", async () => {
  const { shard, clock } = await openTestShard({ memtableBytesMax: 2 ** 26 });
  const models = openSeriesModels(shard, { clock, onError: () => assert.fail() });
  const service = new SeriesWriteService({ shard, clock, models });
  await shard.execute((tx) => models.catalog.createDatabase(tx, "udp"));
  const dropped: string[] = [];
  let writes = 0;
  const write: SeriesWriteService["write"] = (request) => {
    writes++;
    return service.write(request);
  };
  const listen = (database: string): Promise<UdpListener> => {
    return UdpListener.listen({
      host: "127.0.0.1",
      port: 0,
      database,
      precision: "s",
      writes: { write },
      clock,
      onDropped: (reason) => dropped.push(reason),
    });
  };
  const [listener, nowhere] = [await listen("udp"), await listen("none")];
  const socket = createSocket("udp4");
  const send = async (text: string, to: UdpListener): Promise<void> => {
    const before = to.counts.datagrams;
    socket.send(text, to.port, "127.0.0.1");
    while (to.counts.datagrams === before) await turn();
  };
  await send("m,a=1 v=1 1\nm,a=2 v=1 2", listener);
  await send("m,a=1 v=2i 3", listener);
  await send("bad", listener);
  await send('m,a=1 s="open', listener);
  await send("m v=1", nowhere);
  assert.equal(writes, 0);
  await listener.close();
  await nowhere.close();
  assert.equal(writes, 3);
  const counts = { datagrams: 4, points: 2, datagramsDropped: 0, pointsDropped: 3 };
  assert.deepEqual(listener.counts, counts);
  assert.equal(nowhere.counts.datagramsDropped, 1);
  assert.equal(dropped.at(-1), "database not found: none");
  socket.close();
});
