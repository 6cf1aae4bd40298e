/**
 * connect(): a CronosDB server as a database object. Everything works as in one process (open())
 * but transactions, whose functions do not go over the network.
 */
import { CronosError } from "../base/errors.ts";
import type { Database } from "../engine/database-api.ts";
import type { EventsApi, SubscribeOptions } from "../engine/events-api.ts";
import type { Namespace } from "../engine/namespaces-api.ts";
import { globalNamespace } from "../engine/session-namespace.ts";
import { seriesApi } from "../engine/series/series-api.ts";
import { RealClock } from "../ports/real-clock.ts";
import type { Clock } from "../ports/clock.ts";
import { RemoteAcks } from "./remote-acks.ts";
import type { Credentials } from "./remote-calls.ts";
import { RemoteCalls } from "./remote-calls.ts";
import { remoteNamespace, remoteNamespaces } from "./remote-data.ts";
import { RemoteEvents } from "./remote-events.ts";
import { remoteSeries } from "./remote-series.ts";
import { RemoteSubscription } from "./remote-subscription.ts";

const connectTimeoutMsDefault = 5_000;

export interface ConnectOptions extends Credentials {
  /** How long to try at first; later the connection is made again by itself. Default 5000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/**
 * A server as a database. close() ends the subscriptions, waits for acknowledgements under way, and
 * disconnects. transact() rejects: its function cannot run where the data is.
 */
export type RemoteDatabase = Database;

/** Connects to "host:port". UNAVAILABLE when no server answers in time. */
export async function connect(
  address: string,
  options: ConnectOptions = {},
): Promise<RemoteDatabase> {
  const { timeoutMs = connectTimeoutMsDefault, clock = new RealClock() } = options;
  const calls = RemoteCalls.to(address, options);
  const acks = new RemoteAcks(calls);
  const subscriptions = new Set<RemoteSubscription>();
  const eventsOver = (scoped: RemoteCalls): EventsApi => {
    return new RemoteEvents(scoped, (wanted: SubscribeOptions) => {
      const ended = (each: RemoteSubscription): void => void subscriptions.delete(each);
      const subscription = new RemoteSubscription(wanted, { calls: scoped, acks, clock, ended });
      subscriptions.add(subscription);
      return subscription;
    });
  };
  const namespace = (name: string): Namespace => ({
    ...remoteNamespace(calls, name),
    events: eventsOver(calls.inNamespace(name)),
  });
  try {
    await calls.ready(clock.now() + timeoutMs);
  } catch (error) {
    calls.close();
    throw error;
  }
  return {
    events: eventsOver(calls),
    keys: remoteNamespace(calls, globalNamespace.name).keys,
    namespaces: remoteNamespaces(calls),
    namespace,
    zmap: (name = globalNamespace.name) => remoteNamespace(calls, name).zmap,
    series: (name) => seriesApi(remoteSeries(calls), name),
    async transact() {
      throw new CronosError(
        "INVALID_ARGUMENT",
        "Transact with a function: only where the database is open; over the network, RESP has " +
          "BEGIN and COMMIT",
      );
    },
    async close() {
      await Promise.all([...subscriptions].map((each) => each.close()));
      await acks.close();
      calls.close();
    },
  };
}
