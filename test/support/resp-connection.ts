/** A connection to a RESP server for tests: compares what comes with the bytes that should. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";

/** How long a reply may take. */
const replyTimeoutMs = 5_000;

export class RespConnection {
  readonly #socket: Socket;
  #received = "";
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#received += text;
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async open(port: number): Promise<RespConnection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new RespConnection(socket);
  }

  /** What has come and was not expected yet. */
  get received(): string {
    return this.#received;
  }

  /** Sends bytes as they are. */
  send(bytes: string | Buffer): void {
    this.#socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Sends commands, each an array of words or one line of words, in one write. */
  ask(...commands: readonly (string | readonly string[])[]): void {
    this.send(commands.map((each) => request(each)).join(""));
  }

  /** Waits for exactly these bytes: the next replies. */
  async expect(reply: string): Promise<void> {
    await this.#until(() => this.#received.length >= reply.length);
    assert.equal(this.#received.slice(0, reply.length), reply);
    this.#received = this.#received.slice(reply.length);
  }

  /** Waits for the next line, and takes it without its end. */
  async line(): Promise<string> {
    await this.#until(() => this.#received.includes("\r\n"));
    const end = this.#received.indexOf("\r\n");
    const line = this.#received.slice(0, end);
    this.#received = this.#received.slice(end + 2);
    return line;
  }

  async lines(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) lines.push(await this.line());
    return lines;
  }

  /** Asks and waits for the replies. */
  async check(command: string | readonly string[], reply: string): Promise<void> {
    this.ask(command);
    await this.expect(reply);
  }

  /** Waits for so many bytes, whatever they are. */
  async skip(bytes: number): Promise<void> {
    await this.#until(() => this.#received.length >= bytes);
    assert.ok(this.#received.length >= bytes, `Only ${this.#received.length} bytes came`);
    this.#received = this.#received.slice(bytes);
  }

  /** Waits until what came matches; takes it all. */
  async match(pattern: RegExp): Promise<string> {
    await this.#until(() => pattern.test(this.#received));
    assert.match(this.#received, pattern);
    const received = this.#received;
    this.#received = "";
    return received;
  }

  /** Waits until the other end closed; nothing more must have come. */
  async expectEnd(): Promise<void> {
    await this.#until(() => this.#ended);
    assert.ok(this.#ended, "The server should have closed the connection");
    assert.equal(this.#received, "");
  }

  /** Says that nothing more is sent. */
  end(): void {
    this.#socket.end();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }

  async #until(done: () => boolean): Promise<void> {
    const end = Date.now() + replyTimeoutMs;
    while (!done() && !this.#ended && Date.now() < end) {
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, 100);
        this.#wake = () => {
          clearTimeout(timeout);
          resolve();
        };
      });
    }
  }
}

/** A request as an array of bulk strings. */
export function request(command: string | readonly string[]): string {
  const words = typeof command === "string" ? command.split(" ") : command;
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}
