/**
 * What is to be sent on a socket, in order. An entry may have to wait until something is durable;
 * all behind it wait too.
 */
import type { Socket } from "node:net";

interface Entry {
  bytes: Buffer;
  ready: boolean;
}

export interface OutputListener {
  /** Something was handed to the socket, or the client took something. */
  readonly onRoom: () => void;
  /** Everything is handed to the socket. */
  readonly onEmpty: () => void;
}

export class OutputQueue {
  readonly #socket: Socket;
  readonly #listener: OutputListener;
  readonly #entries: Entry[] = [];
  #waitingBytes = 0;

  constructor(socket: Socket, listener: OutputListener) {
    this.#socket = socket;
    this.#listener = listener;
    socket.on("drain", listener.onRoom);
  }

  /** Bytes that wait here or in the socket. */
  get bytes(): number {
    return this.#waitingBytes + this.#socket.writableLength;
  }

  get empty(): boolean {
    return this.#entries.length === 0;
  }

  /** Sends `bytes` behind what waits. */
  add(bytes: Buffer): void {
    if (this.#entries.length === 0) this.#write(bytes);
    else this.#enqueue({ bytes, ready: true });
  }

  /** Sends `bytes` once `settled` resolves; what `instead` makes of the error if it rejects. */
  addWhen(settled: Promise<void>, bytes: Buffer, instead: (error: unknown) => Buffer): void {
    const entry: Entry = { bytes, ready: false };
    this.#enqueue(entry);
    settled.then(
      () => this.#ready(entry),
      (error: unknown) => {
        this.#waitingBytes -= entry.bytes.length;
        entry.bytes = instead(error);
        this.#waitingBytes += entry.bytes.length;
        this.#ready(entry);
      },
    );
  }

  #enqueue(entry: Entry): void {
    this.#entries.push(entry);
    this.#waitingBytes += entry.bytes.length;
  }

  #ready(entry: Entry): void {
    entry.ready = true;
    for (;;) {
      const first = this.#entries[0];
      if (first === undefined || !first.ready) break;
      this.#entries.shift();
      this.#waitingBytes -= first.bytes.length;
      this.#write(first.bytes);
    }
    this.#listener.onRoom();
    if (this.#entries.length === 0) this.#listener.onEmpty();
  }

  #write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }
}
