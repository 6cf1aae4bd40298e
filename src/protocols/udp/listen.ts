/**
 * Line protocol over UDP. Datagrams are gathered, and written when there are enough of them or when
 * the first has waited for a while. Nobody is answered: what cannot be stored is counted.
 *
 *   datagram ─▶ gathered ──full, or BATCH_MS old──▶ write (one at a time) ─▶ durable
 *      └─ too much waits: dropped
 */
import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { SeriesWriteService } from "../../engine/series/write-service.ts";
import type { Clock, Timer } from "../../ports/clock.ts";

/** Bytes that are written at once. */
const BATCH_BYTES = 1024 * 1024;
/** How long the first datagram of a batch waits, ms. */
const BATCH_MS = 1000;
/** Bytes that wait while a batch is written; what is above is dropped. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
/** What the system keeps of datagrams that were not read yet. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export interface UdpOptions {
  readonly host: string;
  /** 0 = a free one. */
  readonly port: number;
  /** Where points go; its default policy takes them. */
  readonly database: string;
  /** Unit of timestamps; "": n. */
  readonly precision: string;
  readonly writes: Pick<SeriesWriteService, "write">;
  readonly clock: Clock;
  /** Told why points were dropped, not more often than each BATCH_MS. */
  onDropped(reason: string): void;
}

/** What became of what came in. */
export interface UdpCounts {
  readonly datagrams: number;
  readonly points: number;
  /** Datagrams that found too much waiting, or whose write failed. */
  readonly datagramsDropped: number;
  /** Points that were read and not stored, and lines that could not be read. */
  readonly pointsDropped: number;
}

export class UdpListener {
  readonly #options: UdpOptions;
  readonly #socket: Socket;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #counts = { datagrams: 0, points: 0, datagramsDropped: 0, pointsDropped: 0 };

  private constructor(options: UdpOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    socket.on("message", (datagram) => this.#take(datagram));
  }

  /** Listens. Rejects with what the system says, e.g. EADDRINUSE. */
  static async listen(options: UdpOptions): Promise<UdpListener> {
    const type = isIPv6(options.host) ? "udp6" : "udp4";
    const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
    const listener = new UdpListener(options, socket);
    socket.bind(options.port, options.host);
    try {
      await once(socket, "listening");
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.on("error", (error) => options.onDropped(error.message));
    return listener;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get counts(): UdpCounts {
    return this.#counts;
  }

  /** Takes no more datagrams; resolves when those that came are written. */
  async close(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
    this.#timer?.cancel();
    while (this.#gathered.length > 0 || this.#writing !== undefined) {
      this.#flush();
      await this.#writing;
    }
  }

  #take(datagram: Buffer): void {
    this.#counts.datagrams++;
    if (this.#gatheredBytes + datagram.length > WAITING_BYTES_MAX) {
      this.#counts.datagramsDropped++;
      return;
    }
    this.#gathered.push(datagram);
    this.#gatheredBytes += datagram.length + 1;
    if (this.#gatheredBytes >= BATCH_BYTES) this.#flush();
    else this.#timer ??= this.#options.clock.after(BATCH_MS, () => this.#flush());
  }

  /** Writes what is gathered, unless something is being written: then that goes on with it. */
  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#writing !== undefined || this.#gathered.length === 0) return;
    const datagrams = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#writing = this.#write(datagrams).finally(() => {
      this.#writing = undefined;
      if (this.#gatheredBytes >= BATCH_BYTES) this.#flush();
      else if (this.#gathered.length > 0) {
        this.#timer ??= this.#options.clock.after(BATCH_MS, () => this.#flush());
      }
    });
  }

  async #write(datagrams: readonly Buffer[]): Promise<void> {
    const whole = datagrams.filter(endsItsLines);
    if (whole.length > 0) await this.#writeTogether(whole);
    for (const each of datagrams) if (!endsItsLines(each)) await this.#writeTogether([each]);
  }

  async #writeTogether(datagrams: readonly Buffer[]): Promise<void> {
    const { writes, database, precision, onDropped } = this.#options;
    const lines = Buffer.concat(datagrams.flatMap((each) => [each, newline]));
    try {
      const report = await writes.write({ database, precision, lines });
      this.#counts.points += report.stored;
      this.#counts.pointsDropped += report.dropped + report.unreadable;
      if (report.message !== undefined) onDropped(report.message);
    } catch (error) {
      this.#counts.datagramsDropped += datagrams.length;
      onDropped(error instanceof Error ? error.message : String(error));
    }
  }
}

/** Whether a datagram cannot swallow the lines of the next one: no quote or escape is open. */
function endsItsLines(datagram: Buffer): boolean {
  let quotes = 0;
  for (let at = datagram.indexOf(QUOTE); at >= 0; at = datagram.indexOf(QUOTE, at + 1)) quotes++;
  return quotes % 2 === 0 && datagram.at(-1) !== BACKSLASH;
}

const QUOTE = 34;
const BACKSLASH = 92;

const newline = Buffer.from("\n");
