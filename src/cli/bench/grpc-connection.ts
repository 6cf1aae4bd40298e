/**
 * gRPC with as little work as possible, straight on HTTP/2: the load generator shares its machine
 * with the server it measures. Messages are bytes here, already framed:
 *
 *   0  1  0: not compressed
 *   1  4  length, big-endian
 *   5  n  the message
 */
import { connect, constants } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { CronosError } from "../../base/errors.ts";

export const frameHeaderBytes = 5;

/** What a stream may have on its way to us before the server must wait. */
const receiveWindowBytes = 16 * 1024 * 1024;

export interface StreamHandlers {
  /** `message` may be a view of a buffer that is used again: take from it now. */
  message(message: Buffer): void;
  /** The messages of one piece of data were handed out. */
  flushed?(): void;
  /** With the reason, if it did not end as it should. */
  ended(failure: CronosError | undefined): void;
}

export class GrpcConnection {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  /** Connects to "host:port" without TLS. */
  static open(address: string): Promise<GrpcConnection> {
    return new Promise((resolve, reject) => {
      const settings = { initialWindowSize: receiveWindowBytes, enablePush: false };
      const session = connect(`http://${address}`, { settings });
      session.once("error", (cause) => {
        const text = `Connect to ${address}: ${cause.message}`;
        reject(new CronosError("UNAVAILABLE", text, { cause }));
      });
      session.once("connect", () => {
        session.setLocalWindowSize(receiveWindowBytes);
        // What breaks later is told to each call.
        session.on("error", () => undefined);
        resolve(new GrpcConnection(session));
      });
    });
  }

  /** One request, one answer. */
  call(path: string, request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let answer: Buffer | undefined;
      const stream = this.#open(path, {
        message: (message) => (answer = message),
        ended: (failure) => {
          if (answer !== undefined) resolve(answer);
          else reject(failure ?? new CronosError("UNAVAILABLE", `Call ${path}: no answer`));
        },
      });
      stream.end(request);
    });
  }

  /** A stream in both directions; write framed messages to it. */
  stream(path: string, handlers: StreamHandlers): ClientHttp2Stream {
    return this.#open(path, handlers);
  }

  close(): void {
    this.#session.destroy();
  }

  #open(path: string, handlers: StreamHandlers): ClientHttp2Stream {
    const stream = this.#session.request(
      { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" },
      { endStream: false },
    );
    const reader = new FrameReader((message) => handlers.message(message));
    let failure: CronosError | undefined;
    const readStatus = (headers: Readonly<Record<string, unknown>>): void => {
      const status = headers["grpc-status"];
      if (status === undefined || status === "0") return;
      const code = String(headers["cronos-code"] ?? `gRPC status ${String(status)}`);
      const text = decodeURIComponent(String(headers["grpc-message"] ?? ""));
      failure = new CronosError("UNAVAILABLE", `Call ${path}: ${code}: ${text}`);
    };
    stream.on("response", readStatus);
    stream.on("trailers", readStatus);
    stream.on("error", (cause) => {
      failure ??= new CronosError("UNAVAILABLE", `Call ${path}: ${cause.message}`, { cause });
    });
    stream.on("data", (chunk: Buffer) => {
      reader.read(chunk);
      handlers.flushed?.();
    });
    stream.once("close", () => {
      const cut = stream.rstCode !== constants.NGHTTP2_NO_ERROR;
      handlers.ended(failure ?? (cut ? new CronosError("CLOSED", `Call ${path}: cut`) : undefined));
    });
    return stream;
  }
}

/** Finds the messages in the pieces the network gives. */
export class FrameReader {
  readonly #onMessage: (message: Buffer) => void;
  /** Pieces of a frame that is not complete, and how many bytes of it are missing. */
  #pieces: Buffer[] = [];
  #missing = 0;

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  read(chunk: Buffer): void {
    let rest = chunk;
    if (this.#pieces.length > 0) {
      if (rest.length < this.#missing) {
        this.#pieces.push(rest);
        this.#missing -= rest.length;
        return;
      }
      this.#pieces.push(rest);
      rest = Buffer.concat(this.#pieces);
      this.#pieces = [];
    }
    let at = 0;
    while (rest.length - at >= frameHeaderBytes) {
      const end = at + frameHeaderBytes + rest.readUInt32BE(at + 1);
      if (end > rest.length) break;
      this.#onMessage(rest.subarray(at + frameHeaderBytes, end));
      at = end;
    }
    if (at < rest.length) this.#keep(rest.subarray(at));
  }

  #keep(piece: Buffer): void {
    const known = piece.length >= frameHeaderBytes;
    this.#pieces = [piece];
    this.#missing = frameHeaderBytes - piece.length;
    if (known) this.#missing += piece.readUInt32BE(1);
  }
}

/** A message with the header of a frame before it. */
export function framed(message: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(frameHeaderBytes + message.length);
  out[0] = 0;
  out.writeUInt32BE(message.length, 1);
  out.set(message, frameHeaderBytes);
  return out;
}
