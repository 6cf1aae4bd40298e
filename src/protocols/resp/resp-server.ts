/**
 * What all connections of a RESP listener share: the commands, the clients, the counters.
 */
import type { AccessLog } from "../../engine/auth/access-log.ts";
import type { Clock } from "../../ports/clock.ts";
import { ClientPause } from "./client-pause.ts";
import type { CommandLookup, RespClient, RespCounts } from "./command.ts";
import type { RespEngine, RespServer } from "./command.ts";
import { MessageEncoder } from "./subscriptions.ts";

/** Connections at a time, by default; one more is told so and closed. */
const CLIENTS_MAX = 10_000;

export interface RespServerOptions {
  readonly engine: RespEngine;
  readonly clock: Clock;
  readonly table: CommandLookup;
  /** Told about errors that no command should have. */
  readonly onFault: (fault: unknown, command: string) => void;
  readonly memoryBytes: () => number;
  /** What this node is called. */
  readonly nodeName: string;
  readonly clientsMax?: number;
}

export class ListeningServer implements RespServer {
  readonly engine: RespEngine;
  readonly clock: Clock;
  readonly table: CommandLookup;
  readonly onFault: RespServerOptions["onFault"];
  readonly memoryBytes: () => number;
  readonly settings = new Map<string, string>();
  readonly encoder = new MessageEncoder();
  readonly accessLog: AccessLog;
  readonly pause: ClientPause;
  readonly nodeName: string;
  readonly clientsMax: number;
  host = "";
  port = 0;
  readonly startedAt: number;
  readonly #clients = new Map<number, RespClient>();
  #lastId = 0;
  readonly counts: RespCounts = { connections: 0, rejectedConnections: 0, commands: 0 };

  constructor(options: RespServerOptions) {
    this.engine = options.engine;
    this.accessLog = options.engine.users.denials;
    this.clock = options.clock;
    this.pause = new ClientPause(options.clock);
    this.table = options.table;
    this.onFault = options.onFault;
    this.clientsMax = options.clientsMax ?? CLIENTS_MAX;
    this.nodeName = options.nodeName;
    this.memoryBytes = options.memoryBytes;
    this.startedAt = options.clock.now();
  }

  /** Ends the connections of who has lost what they use, until the function returned is called. */
  watchUsers(): () => void {
    return this.engine.users.onChange((account, isDeleted) => {
      for (const client of this.#clients.values()) {
        if (client.account !== account) continue;
        if (isDeleted || !keepsChannels(client)) client.connection.closeSoon();
      }
    });
  }

  nextClientId(): number {
    return ++this.#lastId;
  }

  get clients(): ReadonlyMap<number, RespClient> {
    return this.#clients;
  }

  add(client: RespClient): void {
    this.counts.connections++;
    this.#clients.set(client.id, client);
  }

  remove(client: RespClient): void {
    this.#clients.delete(client.id);
    client.reset();
  }
}

/** Whether the client may still hear what it has subscribed to. */
function keepsChannels({ account, subscriptions }: RespClient): boolean {
  const { access } = account;
  return (["channel", "shard", "pattern"] as const).every((kind) => {
    return subscriptions.names(kind).every((name) => access.mayHear(name, kind === "pattern"));
  });
}
