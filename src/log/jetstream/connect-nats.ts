/** The settings that the log needs of its connection to NATS. */
import { connect } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";

/**
 * Connects to a NATS cluster. `servers` are `host:port`, any of the cluster; the others are learnt.
 * The connection heals itself for as long as it is not closed: appends wait for it, so it must
 * never give up on its own. One connection can serve many shards.
 */
export function connectNats(servers: readonly string[]): Promise<NatsConnection> {
  return connect({
    servers: [...servers],
    name: "cronosdb",
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    // Time for one handshake: a server that hangs must not hold up the way to the next one.
    timeout: 2_000,
    // A server that is gone without a word is noticed after 2 of these.
    pingInterval: 3_000,
    maxPingOut: 2,
    // A stack trace for each request costs more than the request.
    noAsyncTraces: true,
  });
}
