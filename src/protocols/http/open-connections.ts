/**
 * The connections of a server and how many answers each waits for, so that closing ends each
 * connection with its last answer. Node's own closeIdleConnections() leaves out connections that
 * never asked anything (browsers and load balancers open such ahead); those would hold a close for
 * a minute.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";

export class OpenConnections {
  readonly #awaited = new Map<Socket, number>();
  #isClosing = false;

  constructor(server: Server) {
    server.on("connection", (socket: Socket) => {
      this.#awaited.set(socket, 0);
      socket.once("close", () => this.#awaited.delete(socket));
    });
    server.on("request", ({ socket }, response) => {
      this.#change(socket, 1);
      response.once("close", () => this.#change(socket, -1));
    });
  }

  /** From now on each connection ends when it waits for nothing. */
  endWhenIdle(): void {
    this.#isClosing = true;
    for (const socket of this.#awaited.keys()) this.#change(socket, 0);
  }

  #change(socket: Socket, by: number): void {
    const awaited = this.#awaited.get(socket);
    if (awaited === undefined) return;
    this.#awaited.set(socket, awaited + by);
    // What was written is still sent.
    if (this.#isClosing && awaited + by === 0) socket.destroySoon();
  }
}
