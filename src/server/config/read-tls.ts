/** Reads the certificate and the key that a listener speaks TLS with. */
import { readFileSync } from "node:fs";
import type { TlsFiles } from "./server-config.ts";

export interface TlsContent {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** What is in the files. Throws the system's error if one cannot be read. */
export function readTls({ cert, key, ca }: TlsFiles): TlsContent {
  const content = { cert: readFileSync(cert), key: readFileSync(key) };
  return ca === undefined ? content : { ...content, ca: readFileSync(ca) };
}
