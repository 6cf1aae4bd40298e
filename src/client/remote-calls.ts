/**
 * Calls of a CronosDB server: message definitions looked up by name, statuses turned into
 * CronosErrors. One channel, which connects again by itself.
 */
import { Client, Metadata, credentials } from "@grpc/grpc-js";
import type { ClientDuplexStream, ClientReadableStream } from "@grpc/grpc-js";
import type { ServiceDefinition } from "@grpc/proto-loader";
import { CronosError } from "../base/errors.ts";
import { errorOfStatus } from "../protocols/grpc/grpc-status.ts";
import { namespaceMetadata } from "../protocols/grpc/namespace-handlers.ts";
import { serviceDefinition } from "../protocols/grpc/proto-file.ts";
import type { ServiceName } from "../protocols/grpc/proto-file.ts";

/** What a stream may have on its way to us before the server must wait. */
const receiveWindowBytes = 8 * 1024 * 1024;

/** A connection that is silent for so long is asked whether it is still there. */
const keepaliveMs = 20_000;
const keepaliveTimeoutMs = 10_000;

const reconnectMsMax = 5_000;

/** Who calls; without a password nobody in particular. */
export interface Credentials {
  /** Default "default". */
  readonly username?: string;
  readonly password?: string;
}

export class RemoteCalls {
  readonly #address: string;
  readonly #client: Client;
  readonly #metadata: Metadata;

  private constructor(address: string, client: Client, metadata: Metadata) {
    this.#address = address;
    this.#client = client;
    this.#metadata = metadata;
  }

  /** Begins to connect. */
  static to(address: string, credentialsOf: Credentials = {}): RemoteCalls {
    const client = new Client(address, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      "grpc.keepalive_time_ms": keepaliveMs,
      "grpc.keepalive_timeout_ms": keepaliveTimeoutMs,
      "grpc.max_reconnect_backoff_ms": reconnectMsMax,
      "grpc.enable_channelz": 0,
      "grpc-node.flow_control_window": receiveWindowBytes,
    });
    return new RemoteCalls(address, client, authorization(credentialsOf));
  }

  /** The same connection, for calls that work in this namespace. */
  inNamespace(name: string): RemoteCalls {
    const metadata = this.#metadata.clone();
    metadata.set(namespaceMetadata, name);
    return new RemoteCalls(this.#address, this.#client, metadata);
  }

  /** Resolves when there is a connection; UNAVAILABLE if there is none after `timeoutMs`. */
  ready(deadline: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(deadline, (cause) => {
        if (cause === undefined) resolve();
        else {
          const text = `Connect to ${this.#address}: no server answers there`;
          reject(new CronosError("UNAVAILABLE", text, { cause }));
        }
      });
    });
  }

  /**
   * One request, one answer. A request that is a Buffer is encoded already. The caller says what
   * the proto file says the answer is. Rejects with the reason of `signal` when that aborts.
   */
  // oxlint-disable-next-line max-params -- what is called, with what, and until when
  async call<Answer>(
    service: ServiceName,
    name: string,
    request: object = {},
    signal?: AbortSignal,
  ): Promise<Answer> {
    const method = methodOf(service, name);
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        method.path,
        (message: object) => (isEncoded(message) ? message : method.requestSerialize(message)),
        method.responseDeserialize,
        request,
        this.#metadata,
        (failure, answer) => {
          signal?.removeEventListener("abort", abort);
          if (failure === null) resolve(answer as Answer);
          else reject(signal?.aborted === true ? signal.reason : errorOfStatus(failure));
        },
      );
      const abort = (): void => call.cancel();
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** One request, a stream of answers. */
  read(service: ServiceName, name: string, request: object): ClientReadableStream<object> {
    const method = methodOf(service, name);
    return this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      this.#metadata,
    );
  }

  /** A stream in both directions, of messages that are encoded by the caller. */
  stream(service: ServiceName, name: string): ClientDuplexStream<Buffer, Buffer> {
    const method = methodOf(service, name);
    return this.#client.makeBidiStreamRequest(method.path, asIs, asIs, this.#metadata);
  }

  close(): void {
    this.#client.close();
  }
}

function authorization({ username = "default", password }: Credentials): Metadata {
  const metadata = new Metadata();
  if (password === undefined) return metadata;
  const pair = Buffer.from(`${username}:${password}`).toString("base64");
  metadata.set("authorization", `Basic ${pair}`);
  return metadata;
}

function isEncoded(message: object): message is Buffer {
  return Buffer.isBuffer(message);
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function methodOf(service: ServiceName, name: string): ServiceDefinition[string] {
  const method = serviceDefinition(service)[name];
  if (method !== undefined) return method;
  throw new CronosError("INTERNAL", `Look up rpc ${service}.${name}: the proto file has none`);
}
