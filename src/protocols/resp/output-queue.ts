/**
 * What is to be sent on a socket, in order. An entry may have to wait until something is durable;
 * all behind it wait too.
 *
 *   add, addWhen ─▶ entries ─ ready, and all before it ─▶ outgoing ─ end of the turn ─▶ socket
 *
 * All connections of a listener write together, at the end of the turn of the event loop (a
 * WriteTurn): a write that wakes a sleeping client costs several times one to a client that is
 * awake, and what came to be sent in one turn on one socket is one write.
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

/** The queues that have something to write when the turn ends. */
export class WriteTurn {
  readonly #soon: (run: () => void) => void;
  #queues: OutputQueue[] = [];

  /** `soon` runs a function when what the event loop has at hand is done. */
  constructor(soon: (run: () => void) => void) {
    this.#soon = soon;
  }

  add(queue: OutputQueue): void {
    if (this.#queues.push(queue) === 1) this.#soon(() => this.#write());
  }

  #write(): void {
    const queues = this.#queues;
    this.#queues = [];
    for (const queue of queues) queue.write();
  }
}

export class OutputQueue {
  readonly #socket: Socket;
  readonly #listener: OutputListener;
  readonly #turn: WriteTurn;
  readonly #entries: Entry[] = [];
  /** To be written at the end of the turn. */
  #outgoing: Buffer[] = [];
  /** Of the entries and of what is outgoing. */
  #waitingBytes = 0;

  constructor(socket: Socket, turn: WriteTurn, listener: OutputListener) {
    this.#socket = socket;
    this.#turn = turn;
    this.#listener = listener;
    socket.on("drain", listener.onRoom);
  }

  /** Bytes that wait here or in the socket. */
  get bytes(): number {
    return this.#waitingBytes + this.#socket.writableLength;
  }

  get empty(): boolean {
    return this.#entries.length === 0 && this.#outgoing.length === 0;
  }

  /** Sends `bytes` behind what waits. */
  add(bytes: Buffer): void {
    this.#waitingBytes += bytes.length;
    if (this.#entries.length === 0) this.#send(bytes);
    else this.#entries.push({ bytes, ready: true });
  }

  /** Sends `bytes` once `settled` resolves; what `instead` makes of the error if it rejects. */
  addWhen(settled: Promise<void>, bytes: Buffer, instead: (error: unknown) => Buffer): void {
    const entry: Entry = { bytes, ready: false };
    this.#entries.push(entry);
    this.#waitingBytes += bytes.length;
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

  /** Hands what is outgoing to the socket: the end of the turn. */
  write(): void {
    const outgoing = this.#outgoing;
    if (outgoing.length === 0) return;
    this.#outgoing = [];
    const bytes = outgoing.length === 1 ? (outgoing[0] as Buffer) : Buffer.concat(outgoing);
    this.#waitingBytes -= bytes.length;
    if (this.#socket.writable) this.#socket.write(bytes);
    this.#listener.onRoom();
    if (this.empty) this.#listener.onEmpty();
  }

  #ready(entry: Entry): void {
    entry.ready = true;
    for (;;) {
      const first = this.#entries[0];
      if (first === undefined || !first.ready) return;
      this.#entries.shift();
      this.#send(first.bytes);
    }
  }

  #send(bytes: Buffer): void {
    if (this.#outgoing.push(bytes) === 1) this.#turn.add(this);
  }
}
