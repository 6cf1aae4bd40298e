/**
 * What a command is, and what it sees: the contract between the server and the families of
 * commands. From a command's row come dispatch, arity errors, the COMMAND replies, the categories
 * of access rules and the docs pages.
 */
import type { SeriesAccess } from "../../engine/auth/series-access.ts";
import type { AccessLog } from "../../engine/auth/access-log.ts";
import type { Account, Users } from "../../engine/auth/users.ts";
import type { EventsScope } from "../../engine/database-api.ts";
import type { EncodedEventsApi } from "../../engine/encoded-events.ts";
import type { EventInput, EventsApi } from "../../engine/events-api.ts";
import type { KeyspaceEvents } from "../../engine/keyspace-events.ts";
import type { PubSub } from "../../engine/pubsub.ts";
import type { SeriesStreams } from "../../engine/series/series-streams.ts";
import type { Session } from "../../engine/session.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ClientPause } from "./client-pause.ts";
import type { ReplyWriter, RespVersion } from "./reply-writer.ts";
import type { SessionAttributes } from "./session-attributes.ts";
import type { Subscriptions } from "./subscriptions.ts";

/**
 * Does the command. Writes exactly one reply, or throws: a ReplyError or CronosError becomes the
 * reply, and what was written before is forgotten. `args` are without the name; they stay valid.
 * Nearly always synchronous: after a promise the connection does nothing until it settles. What
 * waits writes nothing before its first wait; what waits for other clients has the flag "blocking".
 */
export type CommandHandler = (
  client: RespClient,
  args: readonly Buffer[],
  reply: ReplyWriter,
) => void | Promise<void>;

/** As Redis' COMMAND tells them, and those of our own that it does not. */
export type CommandFlag =
  | "write"
  | "readonly"
  | "denyoom"
  | "admin"
  | "pubsub"
  | "noscript"
  | "loading"
  | "stale"
  | "fast"
  | "no-auth"
  | "blocking"
  | "no-multi"
  /** Allowed while a RESP2 client has subscriptions. */
  | "when-subscribed"
  | "movablekeys"
  | "skip-monitor";

/** Which arguments are keys, counted with the name as 0; `last` -1 is the last argument. */
export interface KeyPositions {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

export type CommandGroup =
  | "connection"
  | "server"
  | "pubsub"
  | "string"
  | "hash"
  | "generic"
  | "transactions"
  | "zmap"
  | "namespace"
  | "event"
  | "session"
  | "cluster";

/** What is said about a second word, as COMMAND tells it. */
export interface SubcommandShape {
  /** In small letters. */
  readonly name: string;
  /** Number of arguments with both names; negative: at least so many. */
  readonly arity: number;
  readonly summary: string;
  /** Those of the command, unless it says otherwise. */
  readonly flags?: readonly CommandFlag[];
  readonly keys?: KeyPositions;
}

export interface CommandSpec {
  /** As error texts show it: Redis' commands in small letters, those of our own in capitals. */
  readonly name: string;
  /** Number of arguments with the name; negative: at least so many. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  readonly keys?: KeyPositions;
  /** For commands whose keys are not at fixed places: indexes of the keys in `args`. */
  readonly findKeys?: (args: readonly Buffer[]) => readonly number[];
  readonly group: CommandGroup;
  /** Version of Redis, or of CronosDB for our own, that it came with. */
  readonly since: string;
  readonly summary: string;
  /** Second words, for commands that must have one, HELP left out. */
  readonly subcommands?: readonly SubcommandShape[];
  readonly handler: CommandHandler;
}

/** Commands by name. */
export interface CommandLookup {
  readonly all: Iterable<CommandSpec>;
  readonly size: number;
  /** The command of this name, in any case. */
  find(name: Buffer): CommandSpec | undefined;
}

/** What the protocol needs of an open database. */
export interface RespEngine {
  readonly users: Users;
  readonly pubsub: PubSub;
  readonly keyspaceEvents: KeyspaceEvents;
  readonly encoded: EncodedEventsApi;
  /** The events of a namespace. */
  eventsOf(namespace: string): EventsApi & EncodedEventsApi;
  openSession(): Session;
  /** The operations on events in a running operation. */
  eventsIn(tx: Transaction, namespaceId: number): EventsScope;
  /** Throws INVALID_ARGUMENT unless the event can be published. */
  checkEvent(event: EventInput): void;
  /** Queries that stay, and who may ask them. */
  readonly seriesWork?: { readonly streams: Pick<SeriesStreams, "open"> };
  readonly seriesAccess?: Pick<SeriesAccess, "authorizeQuery">;
}

/** What all connections of a listener share. */
export interface RespServer {
  readonly engine: RespEngine;
  readonly clock: Clock;
  readonly table: CommandLookup;
  readonly clients: ReadonlyMap<number, RespClient>;
  /** What this node is called. */
  readonly nodeName: string;
  /** What was refused to whom. */
  readonly accessLog: AccessLog;
  /** Unix ms. */
  readonly startedAt: number;
  /** Connections taken and refused, and commands done, since the start. */
  readonly counts: RespCounts;
  /** Where it listens. */
  readonly host: string;
  readonly port: number;
  /** Clients at a time. */
  readonly clientsMax: number;
  readonly pause: ClientPause;
  /** What CONFIG SET changed, by name. */
  readonly settings: Map<string, string>;
  /** Bytes of memory that the process uses. */
  readonly memoryBytes: () => number;
  /** Told about errors that no command should have. */
  readonly onFault: (fault: unknown, command: string) => void;
}

export interface RespCounts {
  connections: number;
  rejectedConnections: number;
  commands: number;
}

/** Takes commands instead of their handlers: MULTI queues them. */
export interface CommandQueue {
  /** Takes the command and writes its reply; false: it is done as always. */
  take(spec: CommandSpec, args: readonly Buffer[], reply: ReplyWriter): boolean;
  /** How many commands wait. */
  readonly length: number;
  /** A command was refused before it could be taken: it is unknown or has a wrong arity. */
  refused(): void;
}

/** Which replies are sent: all, none, all but the next, all but that of the running command. */
export type ReplyMode = "on" | "off" | "skip-next" | "skip-this";

/** The connection under a client. */
export interface ClientConnection {
  /** Sends bytes that answer nothing, behind what was sent or waits. */
  push(bytes: Buffer): void;
  /** Closes once the replies until now are sent. */
  closeSoon(): void;
  /** Closes at once. */
  destroy(): void;
  /** Bytes of requests that wait, and of replies that are not sent. */
  readonly waitingBytes: { readonly input: number; readonly output: number };
}

/** A connected client: its session, and what it said about itself. */
export interface RespClient {
  readonly server: RespServer;
  readonly id: number;
  readonly session: Session;
  readonly connection: ClientConnection;
  /** host:port of both ends. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** Unix ms. */
  readonly connectedAt: number;
  lastCommandAt: number;
  lastCommand: CommandSpec | undefined;
  /** Commands done. */
  commands: number;
  name: string;
  libraryName: string;
  libraryVersion: string;
  noEvict: boolean;
  noTouch: boolean;
  version: RespVersion;
  replyMode: ReplyMode;
  authenticated: boolean;
  /** Who the client is; before it has authenticated, the default user. */
  account: Account;
  readonly subscriptions: Subscriptions;
  readonly attributes: SessionAttributes;
  /** Set while commands are queued instead of done. */
  queue: CommandQueue | undefined;
  /** While a command waits for others: ends that, because the client goes or sends no more. */
  cancelWait: (() => void) | undefined;
  /** Runs on RESET, SESSION.CLOSE and when the client is gone, once. */
  onReset(run: () => void): void;
  /** As if newly connected: no transaction, namespace, name, subscription or authentication. */
  reset(): void;
}
