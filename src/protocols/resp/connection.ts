/**
 * One connection: bytes in, commands done one after another, replies out in order.
 *
 * All commands of a chunk run in one go; their replies go out as one write once everything they
 * saw or wrote is durable: one wait for a chunk, none for reads of durable state. If it is lost,
 * every reply from the first that depends on it becomes an error.
 *
 *   idle <── bytes, nothing left ──> working <── done ── waiting, for one of:
 *            a handler, room in the log, a client that takes its replies
 *   any ── QUIT, protocol error, shutdown ──> closing (replies are sent) ──> closed
 *
 * Bounds: requests that wait (limits.queryBytes, and reading stops above INPUT_WAITING_BYTES),
 * replies that nobody reads (no command is done above OUTPUT_WAITING_BYTES), pushes that nobody
 * reads (above PUSH_BYTES_MAX the connection ends).
 */
import type { Socket } from "node:net";
import { ConnectedClient } from "./client.ts";
import type { ClientConnection, CommandSpec } from "./command.ts";
import { dispatch } from "./dispatch.ts";
import { OutputQueue } from "./output-queue.ts";
import type { WriteTurn } from "./output-queue.ts";
import { RequestParser, ProtocolError } from "./parser.ts";
import { errorText } from "./reply-error.ts";
import { ReplyWriter } from "./reply-writer.ts";
import type { ReplySlab } from "./reply-writer.ts";
import type { ListeningServer } from "./resp-server.ts";

/** Waiting requests above which no more are read while a command waits. */
const INPUT_WAITING_BYTES = 1024 * 1024;
/** Replies not taken by the client above which its next command waits. */
const OUTPUT_WAITING_BYTES = 4 * 1024 * 1024;
/** Bytes not taken by the client above which a push ends the connection. */
const PUSH_BYTES_MAX = 32 * 1024 * 1024;

/** What the connections of a listener write with. */
export interface SharedOutput {
  readonly slab: ReplySlab;
  readonly turn: WriteTurn;
}

export class Connection implements ClientConnection {
  readonly client: ConnectedClient;
  /** Resolves when the connection is closed and the client is forgotten. */
  readonly closed: Promise<void>;
  readonly #server: ListeningServer;
  readonly #socket: Socket;
  readonly #parser = new RequestParser();
  readonly #reply: ReplyWriter;
  readonly #output: OutputQueue;
  /** A command, or the room for one, is waited for. */
  #waiting = false;
  /** What is waited for may take until another client does something. */
  #blocked = false;
  /** The client takes too few of its replies. */
  #stalled = false;
  /** The client sends nothing more. */
  #inputEnded = false;
  #executing = false;
  #closing = false;
  #gone = false;
  /** Place of the first reply that depends on what is in flight, and how many follow it. */
  #dependentFrom = -1;
  #dependents = 0;
  /** Pushes that came while a command was done: they follow its reply. */
  #pushes: Buffer[] = [];

  constructor(server: ListeningServer, socket: Socket, { slab, turn }: SharedOutput) {
    this.#server = server;
    this.#socket = socket;
    this.#reply = new ReplyWriter(slab);
    this.#output = new OutputQueue(socket, turn, {
      onRoom: () => {
        if (this.#stalled) this.#work();
      },
      onEmpty: () => this.#endIfDone(),
    });
    this.client = new ConnectedClient(server, {
      id: server.nextClientId(),
      session: server.engine.openSession(),
      connection: this,
      remoteAddress: `${socket.remoteAddress}:${socket.remotePort}`,
      localAddress: `${socket.localAddress}:${socket.localPort}`,
      connectedAt: server.clock.now(),
      encoder: server.encoder,
    });
    server.add(this.client);
    socket.on("data", (chunk: Buffer) => this.#arrived(chunk));
    socket.on("end", () => this.#ended());
    // The reason does not matter: "close" follows.
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#closed();
        resolve();
      });
    });
  }

  get waitingBytes(): { readonly input: number; readonly output: number } {
    return { input: this.#parser.waitingBytes, output: this.#output.bytes };
  }

  push(bytes: Buffer): void {
    if (this.#gone) return;
    if (this.#executing) {
      this.#pushes.push(bytes);
      return;
    }
    this.#output.add(bytes);
    if (this.#output.bytes > PUSH_BYTES_MAX) this.destroy();
  }

  closeSoon(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (!this.#executing) this.#endIfDone();
  }

  destroy(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #arrived(chunk: Buffer): void {
    if (this.#closing) return;
    this.client.lastCommandAt = this.#server.clock.now();
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#breakOff(error);
      return;
    }
    this.#work();
    if (this.#parser.waitingBytes > INPUT_WAITING_BYTES && !this.#mayGoOn()) this.#socket.pause();
  }

  /** Answers what was asked. What might wait for ever is broken off: who would be answered? */
  #ended(): void {
    this.#inputEnded = true;
    if (this.#blocked) this.destroy();
    else this.#work();
  }

  /** Does what has arrived, as far as it can be done now. */
  #work(): void {
    if (this.#executing) return;
    // What stalled it may have been taken by the socket at once: then no drain tells to go on.
    do this.#workUntilStalled();
    while (this.#stalled && this.#mayGoOn());
    if (this.#socket.isPaused() && this.#mayGoOn()) this.#socket.resume();
    if (this.#closing) this.#endIfDone();
  }

  #workUntilStalled(): void {
    this.#executing = true;
    try {
      while (this.#mayGoOn()) {
        if (this.#parser.next()) {
          this.#do();
        } else {
          this.#closing = this.#inputEnded;
          break;
        }
      }
    } catch (error) {
      this.#breakOff(error);
    }
    this.#executing = false;
    this.#flush();
  }

  #mayGoOn(): boolean {
    if (this.#waiting || this.#closing) return false;
    this.#stalled = this.#output.bytes + this.#reply.length > OUTPUT_WAITING_BYTES;
    return !this.#stalled;
  }

  /** Does the command that the parser holds. */
  #do(): void {
    const spec = this.#server.table.find(this.#parser.name);
    const admission = this.#admission(spec);
    if (admission === undefined) {
      this.#run(spec);
      return;
    }
    const { name, args } = this.#parser;
    this.#wait(admission, () => this.#dispatch(name, spec, args));
  }

  /** What the command waits for before it begins. */
  #admission(spec: CommandSpec | undefined): Promise<void> | undefined {
    const pause = this.#server.pause.holds(spec);
    if (pause !== undefined) return pause.then(() => this.#admission(spec));
    return spec?.flags.includes("write") === true ? this.client.session.room() : undefined;
  }

  #run(spec: CommandSpec | undefined): void {
    const { name, args } = this.#parser;
    const done = this.#dispatch(name, spec, args);
    if (done === undefined) return;
    this.#blocked = spec?.flags.includes("blocking") === true;
    this.#wait(done);
  }

  /** One command and what belongs to its reply. */
  #dispatch(
    name: Buffer,
    spec: CommandSpec | undefined,
    args: readonly Buffer[],
  ): void | Promise<void> {
    const { client } = this;
    const reply = this.#reply;
    const before = reply.length;
    if (client.replyMode === "skip-next") client.replyMode = "skip-this";
    const done = dispatch(client, { name, spec, args }, reply);
    // While it waits, what is before it is sent: its own reply then begins at 0.
    if (done !== undefined) return done.then(() => this.#replied(0));
    this.#replied(before);
    return undefined;
  }

  /** A reply is complete: counts it, or takes it back if the client wants none. */
  #replied(before: number): void {
    const { client } = this;
    this.#server.counts.commands++;
    if (client.replyMode !== "on") this.#reply.rewind(before);
    if (client.replyMode === "skip-this") client.replyMode = "on";
    if (this.#dependentFrom < 0 && client.session.pending) this.#dependentFrom = before;
    if (this.#dependentFrom >= 0 && this.#reply.length > before) this.#dependents++;
    if (this.#pushes.length > 0) this.#writePushes();
  }

  #writePushes(): void {
    for (const push of this.#pushes) this.#reply.raw(push);
    this.#pushes = [];
  }

  /** Does nothing more until `promise` settles; then `next`, and what has arrived. */
  #wait(promise: Promise<void>, next?: () => void | Promise<void>): void {
    this.#waiting = true;
    const goOn = (): void => {
      this.#waiting = false;
      this.#blocked = false;
      if (this.#gone) return;
      const done = next?.();
      if (done === undefined) this.#work();
      else this.#wait(done);
    };
    promise.then(goOn, goOn);
  }

  /** Sends what was written, after what it depends on. */
  #flush(): void {
    const settled = this.client.session.settled();
    const from = this.#dependentFrom;
    const count = this.#dependents;
    this.#dependentFrom = -1;
    this.#dependents = 0;
    const bytes = this.#reply.take();
    if (bytes === undefined) return;
    if (settled === undefined || from < 0) {
      this.#output.add(bytes);
      return;
    }
    this.#output.addWhen(settled, bytes, (error) => {
      const errors = `-${errorText(error).replaceAll(/[\r\n]+/g, " ")}\r\n`.repeat(count);
      return Buffer.concat([bytes.subarray(0, from), Buffer.from(errors)]);
    });
  }

  /** What arrived is not RESP: says so and ends. */
  #breakOff(error: unknown): void {
    if (!(error instanceof ProtocolError)) this.#server.onFault(error, "");
    // The reply of a command that waits is not there yet: an error now would take its place.
    if (!(error instanceof ProtocolError) || this.#waiting) {
      this.destroy();
      return;
    }
    this.#reply.error(`ERR Protocol error: ${error.message}`);
    this.#closing = true;
    if (!this.#executing) {
      this.#flush();
      this.#endIfDone();
    }
  }

  #endIfDone(): void {
    if (this.#closing && !this.#waiting && this.#output.empty) this.#socket.end();
  }

  #closed(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#closing = true;
    this.#server.remove(this.client);
  }
}
