/**
 * Where a listener listens.
 *
 *   host:port   127.0.0.1:9000  localhost:9000  [::1]:9000  0.0.0.0:9000
 *   :port       loopback. Elsewhere an empty host often means every interface; here a database
 *               without passwords must not become public by leaving something out
 *   off         the listener does not exist
 *
 * Port 0 asks the system for a free port; the ready line tells which.
 */
import { isIP } from "node:net";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** The address of a text form, "off", or undefined when the text is neither. */
export function parseListenAddress(text: string): ListenAddress | "off" | undefined {
  const trimmed = text.trim();
  if (trimmed === "off") return "off";
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]\s]*):(\d{1,5})$/i.exec(trimmed);
  if (match === null) return undefined;
  const [, hostText = "", portText = ""] = match;
  const port = Number(portText);
  if (port > 65_535) return undefined;
  if (!hostText.startsWith("[")) return { host: hostText === "" ? "127.0.0.1" : hostText, port };
  const host = hostText.slice(1, -1);
  return isIP(host) === 6 ? { host, port } : undefined;
}

/** Whether only this machine can reach the address. A name other than localhost counts as no. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

/** The text form of an address; an IPv6 host gets its brackets. */
export function formatListenAddress(address: ListenAddress): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}
