/**
 * A gRPC client that knows nothing but method definitions, as grpcurl does: messages are plain
 * objects with the names of the wire.
 */
import { once } from "node:events";
import { Client, credentials } from "@grpc/grpc-js";
import type { ClientDuplexStream, ClientReadableStream } from "@grpc/grpc-js";
import type { ServiceName } from "../../src/protocols/grpc/proto-file.ts";
import { serviceDefinition } from "../../src/protocols/grpc/proto-file.ts";

type Message = Readonly<Record<string, unknown>>;

/** What a call needs to know of a method. */
interface Method {
  readonly path: string;
  readonly requestSerialize: (message: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => object;
}

export class GrpcCaller {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  /** Calls a method with one answer; rejects with the ServiceError of a status that is not OK. */
  call(service: ServiceName, name: string, request: object = {}): Promise<Message> {
    const method = methodOf(service, name);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        (error, answer) => (error === null ? resolve({ ...answer }) : reject(error)),
      );
    });
  }

  /** Opens a two-way stream. */
  stream(service: ServiceName, name: string): ClientDuplexStream<object, object> {
    return this.streamOf(methodOf(service, name));
  }

  /** Opens a two-way stream of a method of another package. */
  streamOf(method: Method): ClientDuplexStream<object, object> {
    return this.#client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
    );
  }

  /** Opens a stream of answers to one request. */
  read(service: ServiceName, name: string, request: object): ClientReadableStream<object> {
    const method = methodOf(service, name);
    return this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
    );
  }

  close(): void {
    this.#client.close();
  }
}

/** The next message of a stream, as a plain object. */
export async function nextOf(stream: ClientReadableStream<object>): Promise<Message> {
  const [message] = await once(stream, "data");
  return { ...(message as Message) };
}

function methodOf(service: ServiceName, name: string): Method {
  const method = serviceDefinition(service)[name];
  if (method === undefined) throw new Error(`No method ${name}`);
  return method;
}
