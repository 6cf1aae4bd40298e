/**
 * A gRPC listener over a fake engine, and a caller connected to it; both end with the test.
 */
import type { TestContext } from "node:test";
import type { AdminApi } from "../../src/engine/admin-api.ts";
import { RealClock } from "../../src/ports/real-clock.ts";
import type { GrpcListener } from "../../src/protocols/grpc/listen.ts";
import { listenGrpc } from "../../src/protocols/grpc/listen.ts";
import { FakeEncodedEvents } from "./fake-encoded-events.ts";
import { GrpcCaller } from "./grpc-caller.ts";

export async function serveFakeEvents(t: TestContext, admin?: AdminApi) {
  const events = new FakeEncodedEvents();
  const listener = await listenFake(events, "127.0.0.1:0", admin);
  const caller = new GrpcCaller(listener.address);
  t.after(async () => {
    caller.close();
    await listener.close();
  });
  return { events, listener, caller };
}

/** A listener over a fake engine; the caller closes it. */
export function listenFake(
  events: FakeEncodedEvents,
  address: string,
  admin?: AdminApi,
): Promise<GrpcListener> {
  return listenGrpc({
    engine: { events, encoded: events, ...(admin === undefined ? {} : { admin }) },
    address,
    clock: new RealClock(),
  });
}
