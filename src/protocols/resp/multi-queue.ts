/**
 * The commands between MULTI and EXEC.
 *
 * As in Redis, a command that fails at EXEC does not undo the others; a command that is refused
 * while it is queued makes EXEC refuse them all.
 */
import { checkAccess } from "./access.ts";
import type { CommandQueue, CommandSpec, RespClient } from "./command.ts";
import { errorText, ReplyError } from "./reply-error.ts";
import type { ReplyWriter } from "./reply-writer.ts";

/** Most commands, and most bytes of their arguments, that are queued. */
const COMMANDS_MAX = 100_000;
const BYTES_MAX = 64 * 1024 * 1024;

interface Queued {
  readonly spec: CommandSpec;
  readonly args: readonly Buffer[];
}

export class MultiQueue implements CommandQueue {
  readonly #commands: Queued[] = [];
  #bytes = 0;
  #isRefused = false;

  /** EXEC must refuse: a command could not be queued. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  get length(): number {
    return this.#commands.length;
  }

  take(spec: CommandSpec, args: readonly Buffer[], reply: ReplyWriter): boolean {
    if (spec.flags.includes("no-multi")) return false;
    for (const arg of args) this.#bytes += arg.length;
    if (this.#commands.length >= COMMANDS_MAX || this.#bytes > BYTES_MAX) {
      this.#isRefused = true;
      throw new ReplyError(
        `ERR MULTI must have at most ${COMMANDS_MAX} commands of ${BYTES_MAX} bytes`,
      );
    }
    // The arguments are views of what arrived, which would stay in memory with them.
    this.#commands.push({ spec, args: args.map((arg) => Buffer.from(arg)) });
    reply.queued();
    return true;
  }

  refused(): void {
    this.#isRefused = true;
  }

  /** Runs everything; one reply for each command. */
  run(client: RespClient, reply: ReplyWriter): void {
    reply.array(this.#commands.length);
    for (const { spec, args } of this.#commands) {
      const before = reply.length;
      try {
        checkAccess(client, spec, args);
        if (spec.handler(client, args, reply) !== undefined) {
          throw new ReplyError(`ERR ${spec.name} must not wait inside MULTI`);
        }
      } catch (error) {
        reply.rewind(before);
        reply.error(errorText(error));
      }
    }
  }
}
