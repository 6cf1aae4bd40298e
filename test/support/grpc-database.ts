/**
 * A gRPC listener over a real database in memory, whose time moves when it is told to; a caller
 * that knows the wire only, and a client. All end with the test.
 */
import type { TestContext } from "node:test";
import { connect } from "../../src/client/connect.ts";
import type { RemoteDatabase } from "../../src/client/connect.ts";
import { open } from "../../src/engine/open.ts";
import { RealClock } from "../../src/ports/real-clock.ts";
import { listenGrpc } from "../../src/protocols/grpc/listen.ts";
import { GrpcCaller } from "./grpc-caller.ts";

export async function serveDatabase(t: TestContext) {
  const database = await open(":memory:");
  const listener = await listenGrpc({
    engine: database,
    address: "127.0.0.1:0",
    clock: new RealClock(),
  });
  const caller = new GrpcCaller(listener.address);
  const remote = await connect(listener.address);
  t.after(async () => {
    caller.close();
    await remote.close();
    await listener.drain();
    await listener.close();
    await database.close();
  });
  /** Another client, of a user with this password. */
  const connectAs = async (username: string, password: string): Promise<RemoteDatabase> => {
    const client = await connect(listener.address, { username, password });
    t.after(() => client.close());
    return client;
  };
  return { database, connectAs, caller, remote, events: remote.events, clock: database.clock };
}
