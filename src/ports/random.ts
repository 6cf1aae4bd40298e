/**
 * The door to randomness. Two implementers: system randomness and a seeded generator whose seed
 * replays a whole run.
 */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** An integer in [0, bound). */
  below(bound: number): number;
  /** `count` bytes. */
  bytes(count: number): Uint8Array;
}
