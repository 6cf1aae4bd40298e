/** The state of a connected client, as commands see it. */
import type { Account } from "../../engine/auth/users.ts";
import type { Session } from "../../engine/session.ts";
import type { ClientConnection, CommandQueue, CommandSpec } from "./command.ts";
import type { ReplyMode, RespClient, RespServer } from "./command.ts";
import type { RespVersion } from "./reply-writer.ts";
import { defaultSessionAttributes } from "./session-attributes.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { MessageEncoder } from "./subscriptions.ts";

export interface ClientIdentity {
  readonly id: number;
  readonly session: Session;
  readonly connection: ClientConnection;
  /** host:port of both ends. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly connectedAt: number;
  readonly encoder: MessageEncoder;
}

export class ConnectedClient implements RespClient {
  readonly server: RespServer;
  readonly id: number;
  readonly session: Session;
  readonly connection: ClientConnection;
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** Unix ms. */
  readonly connectedAt: number;
  lastCommandAt: number;
  lastCommand: CommandSpec | undefined;
  commands = 0;
  name = "";
  libraryName = "";
  libraryVersion = "";
  noEvict = false;
  noTouch = false;
  version: RespVersion = 2;
  replyMode: ReplyMode = "on";
  authenticated: boolean;
  account: Account;
  /** Set while commands are queued instead of done. */
  queue: CommandQueue | undefined;
  readonly attributes = defaultSessionAttributes();
  readonly subscriptions: Subscriptions;
  cancelWait: (() => void) | undefined;
  readonly #resetHooks: (() => void)[] = [];

  constructor(server: RespServer, identity: ClientIdentity) {
    this.server = server;
    this.id = identity.id;
    this.session = identity.session;
    this.connection = identity.connection;
    this.remoteAddress = identity.remoteAddress;
    this.localAddress = identity.localAddress;
    this.connectedAt = identity.connectedAt;
    this.lastCommandAt = identity.connectedAt;
    this.account = server.engine.users.default;
    this.authenticated = isOpen(this.account);
    this.subscriptions = new Subscriptions(server.engine.pubsub, (message) => {
      this.connection.push(identity.encoder.encode(message, this.version));
    });
  }

  onReset(run: () => void): void {
    this.#resetHooks.push(run);
  }

  reset(): void {
    this.cancelWait?.();
    this.queue = undefined;
    this.session.reset();
    this.subscriptions.clear();
    for (const hook of this.#resetHooks.splice(0)) hook();
    Object.assign(this.attributes, defaultSessionAttributes());
    this.name = "";
    this.replyMode = "on";
    this.noEvict = false;
    this.noTouch = false;
    this.account = this.server.engine.users.default;
    this.authenticated = isOpen(this.account);
  }
}

/** Whether everybody is this user without saying so. */
function isOpen({ access }: Account): boolean {
  return access.state.isOn && access.state.noPassword;
}
