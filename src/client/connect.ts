/**
 * connect(): a CronosDB server as a database object. Events work as in one process (open());
 * transactions do not go over the network.
 */
import type { EventsApi, SubscribeOptions } from "../engine/events-api.ts";
import { RealClock } from "../ports/real-clock.ts";
import type { Clock } from "../ports/clock.ts";
import { RemoteAcks } from "./remote-acks.ts";
import { RemoteCalls } from "./remote-calls.ts";
import { RemoteEvents } from "./remote-events.ts";
import { RemoteSubscription } from "./remote-subscription.ts";

const connectTimeoutMsDefault = 5_000;

export interface ConnectOptions {
  /** How long to try at first; later the connection is made again by itself. Default 5000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/** A server as a database. */
export interface RemoteDatabase {
  readonly events: EventsApi;
  /** Ends the subscriptions, waits for acknowledgements under way, and disconnects. */
  close(): Promise<void>;
}

/** Connects to "host:port". UNAVAILABLE when no server answers in time. */
export async function connect(
  address: string,
  options: ConnectOptions = {},
): Promise<RemoteDatabase> {
  const { timeoutMs = connectTimeoutMsDefault, clock = new RealClock() } = options;
  const calls = new RemoteCalls(address);
  const acks = new RemoteAcks(calls);
  const subscriptions = new Set<RemoteSubscription>();
  const subscribe = (wanted: SubscribeOptions): RemoteSubscription => {
    const ended = (each: RemoteSubscription): void => void subscriptions.delete(each);
    const subscription = new RemoteSubscription(wanted, { calls, acks, clock, ended });
    subscriptions.add(subscription);
    return subscription;
  };
  try {
    await calls.ready(clock.now() + timeoutMs);
  } catch (error) {
    calls.close();
    throw error;
  }
  return {
    events: new RemoteEvents(calls, subscribe),
    async close() {
      await Promise.all([...subscriptions].map((each) => each.close()));
      await acks.close();
      calls.close();
    },
  };
}
