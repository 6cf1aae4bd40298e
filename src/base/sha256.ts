/**
 * SHA-256 of binary strings.
 */
import { createHash } from "node:crypto";

/** The 32 bytes of the hash, as a binary string. */
export function sha256(bytes: string): string {
  return createHash("sha256").update(bytes, "latin1").digest().toString("latin1");
}
