/**
 * The Ack stream of a connection, which all its subscriptions share. Acknowledgements are not
 * waited for one by one: they are sent as they come and answered in order.
 *
 *   closed ──settle()──▶ open ──(stream ends)──▶ closed; what was not answered is rejected
 */
import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { CronosError } from "../base/errors.ts";
import { bytesField, varintField } from "../base/protobuf.ts";
import { errorOfStatus, isErrorCode } from "../protocols/grpc/grpc-status.ts";
import type { OutcomeMessage } from "../protocols/grpc/messages.ts";
import { messageDefinition } from "../protocols/grpc/proto-file.ts";
import type { RemoteCalls } from "./remote-calls.ts";

/** AckRequest.success; AckResponse.success, which a good answer begins with. */
const requestSuccess = varintField(3, 1);
const answerSuccess = varintField(1, 1);

interface Unanswered {
  resolve(): void;
  reject(error: CronosError): void;
}

export class RemoteAcks {
  readonly #calls: RemoteCalls;
  #stream: ClientDuplexStream<Buffer, Buffer> | undefined;
  /** In the order they were sent. */
  #unanswered = new Set<Unanswered>();

  constructor(calls: RemoteCalls) {
    this.#calls = calls;
  }

  /** Acknowledges a delivery, or with an error gives it back; resolves when that is durable. */
  settle(deliveryId: string, error?: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream ??= this.#open();
      this.#unanswered.add({ resolve, reject });
      const outcome = error === undefined ? requestSuccess : bytesField(4, error);
      this.#stream.write(Buffer.concat([bytesField(2, deliveryId), outcome]));
    });
  }

  /** Resolves when what was sent is answered. */
  async close(): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined) return;
    await new Promise<void>((resolve) => {
      stream.once("close", resolve);
      stream.once("end", resolve);
      stream.once("error", () => resolve());
      stream.end();
    });
  }

  #open(): ClientDuplexStream<Buffer, Buffer> {
    const stream = this.#calls.stream("EventService", "Ack");
    const unanswered = new Set<Unanswered>();
    this.#unanswered = unanswered;
    const ended = (error: CronosError): void => {
      if (this.#stream === stream) this.#stream = undefined;
      for (const each of unanswered) each.reject(error);
      unanswered.clear();
    };
    stream.on("data", (answer: Buffer) => {
      const [oldest] = unanswered;
      if (oldest === undefined) return;
      unanswered.delete(oldest);
      settleOne(oldest, answer);
    });
    stream.on("error", (failure: ServiceError) => ended(errorOfStatus(failure)));
    stream.on("end", () => ended(new CronosError("UNAVAILABLE", "Acknowledge: the stream ended")));
    return stream;
  }
}

function settleOne(waiting: Unanswered, bytes: Buffer): void {
  if (bytes.subarray(0, answerSuccess.length).equals(answerSuccess)) {
    waiting.resolve();
    return;
  }
  const answer = messageDefinition("AckResponse").deserialize(bytes) as OutcomeMessage;
  const code = isErrorCode(answer.error_code) ? answer.error_code : "INTERNAL";
  waiting.reject(new CronosError(code, answer.error));
}
