/**
 * The answers of a two-way stream, sent in the order of their requests although the work behind
 * them may end in any order, with a bound on how much is under way.
 *
 *   open ──(too much in flight)──▶ paused ──(half of it answered)──▶ open
 *   any ──(client closes its side, or shutdown)──▶ ending ──(all answered)──▶ ended
 *   any ──(client cancels)──▶ cancelled: answers are dropped
 *
 * Paused means that no request is read: the transport's flow control then holds the client back.
 */
import { status } from "@grpc/grpc-js";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { failCall } from "./live-calls.ts";
import type { CallFailure, LiveCalls } from "./live-calls.ts";

export interface AnswerOptions {
  readonly live: LiveCalls;
  /** Requests without an answer, and their bytes, before no more are read. */
  readonly requestsMax: number;
  readonly bytesMax: number;
  /** The answer to a request; never rejects. */
  serve(request: Buffer): Promise<Buffer>;
  /** The messages that carry answers which are ready at the same time, one or more. */
  messages(answers: readonly Buffer[]): readonly Buffer[];
}

interface Slot {
  readonly bytes: number;
  answer: Buffer | undefined;
  next: Slot | undefined;
}

/** Reads requests from `call` until the client ends, and answers each. */
export function answerInOrder(
  call: ServerDuplexStream<Buffer, Buffer>,
  options: AnswerOptions,
): void {
  const answers = new OrderedAnswers(call, options);
  call.on("data", (request: Buffer) => answers.serve(request));
  call.on("end", () => answers.end());
  const forget = options.live.add((reason) => {
    call.removeAllListeners("data");
    answers.end({ code: status.UNAVAILABLE, details: reason });
  });
  call.once("close", forget);
}

class OrderedAnswers {
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  readonly #options: AnswerOptions;
  /** Requests whose answers are not written, a linked list. */
  #oldest: Slot | undefined;
  #newest: Slot | undefined;
  /** Requests whose answers have not left, and bytes of those that have none. */
  #requests = 0;
  #bytes = 0;
  #ending = false;
  #failure: CallFailure | undefined;
  #willWrite = false;

  constructor(call: ServerDuplexStream<Buffer, Buffer>, options: AnswerOptions) {
    this.#call = call;
    this.#options = options;
  }

  serve(request: Buffer): void {
    const slot: Slot = { bytes: request.length, answer: undefined, next: undefined };
    if (this.#newest === undefined) this.#oldest = slot;
    else this.#newest.next = slot;
    this.#newest = slot;
    this.#requests++;
    this.#bytes += slot.bytes;
    const { requestsMax, bytesMax } = this.#options;
    if (this.#requests >= requestsMax || this.#bytes >= bytesMax) this.#call.pause();
    void this.#options.serve(request).then((answer) => this.#answered(slot, answer));
  }

  /** Takes no more requests; the call ends, with the failure if there is one, when all left. */
  end(failure?: CallFailure): void {
    this.#ending = true;
    this.#failure = failure;
    if (this.#requests === 0) this.#finish();
  }

  #finish(): void {
    if (this.#failure === undefined) this.#call.end();
    else failCall(this.#call, this.#failure);
  }

  #answered(slot: Slot, answer: Buffer): void {
    slot.answer = answer;
    this.#bytes -= slot.bytes;
    if (this.#willWrite || this.#oldest?.answer === undefined) return;
    // Others become ready in the same turn: a group commit answers everybody at once.
    this.#willWrite = true;
    setImmediate(() => this.#write());
  }

  #write(): void {
    this.#willWrite = false;
    const ready: Buffer[] = [];
    while (this.#oldest?.answer !== undefined) {
      ready.push(this.#oldest.answer);
      this.#oldest = this.#oldest.next;
    }
    if (this.#oldest === undefined) this.#newest = undefined;
    if (this.#call.cancelled) return;
    const messages = this.#options.messages(ready);
    messages.forEach((message, index) => {
      const isLast = index === messages.length - 1;
      this.#call.write(message, isLast ? () => this.#sent(ready.length) : undefined);
    });
  }

  #sent(answers: number): void {
    this.#requests -= answers;
    const { requestsMax, bytesMax } = this.#options;
    const hasRoom = this.#requests <= requestsMax / 2 && this.#bytes <= bytesMax / 2;
    if (hasRoom && this.#call.isPaused()) this.#call.resume();
    if (this.#ending && this.#requests === 0) this.#finish();
  }
}
