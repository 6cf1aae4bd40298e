/** What is asked of engine/auth and what it answers. */

/** What somebody wants to do. Text is binary: a character is a byte. */
export interface AccessRequest {
  /** In small letters; with a second word it is "config|get". */
  readonly command: string;
  /** Without the @. */
  readonly categories: readonly string[];
  readonly keys: readonly string[];
  /** What is done with the keys: they are told, they are changed. */
  readonly reads: boolean;
  readonly writes: boolean;
  readonly channels: readonly string[];
  /** The channels are patterns. */
  readonly arePatterns: boolean;
  /** Full names of the namespaces that it would concern. */
  readonly namespaces: readonly string[];
}

/** Why something may not be done, and which command, key, channel or namespace is the reason. */
export interface Denial {
  readonly reason: "command" | "key" | "channel" | "namespace";
  readonly object: string;
}
