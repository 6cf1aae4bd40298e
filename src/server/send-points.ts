/**
 * Sends points of subscriptions to where InfluxDB 1.x sends them: an HTTP server's /write, or a
 * UDP port, in datagrams of whole lines.
 */
import { createSocket } from "node:dgram";
import type { SendPoints } from "../engine/series/subscription-sender.ts";

const HTTP_MS_MAX = 30_000;
/** Bytes of a datagram, unless a line is longer: what fits in one packet of most networks. */
const DATAGRAM_BYTES = 1400;

/** Rejects if the destination does not take the points; of UDP nobody knows. */
export const sendPoints: SendPoints = async (destination, { database, policy, lines }) => {
  const url = new URL(destination);
  if (url.protocol === "udp:") await sendDatagrams(url, lines);
  else await post(url, { database, policy }, lines);
};

async function post(
  url: URL,
  { database, policy }: { readonly database: string; readonly policy: string },
  lines: string,
): Promise<void> {
  const target = new URL(url);
  target.pathname = `${url.pathname.replace(/\/$/, "")}/write`;
  target.search = new URLSearchParams({ db: database, rp: policy, precision: "ns" }).toString();
  const { username, password } = target;
  [target.username, target.password] = ["", ""];
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const answer = await fetch(target, {
    method: "POST",
    body: lines,
    headers:
      username === "" ? {} : { authorization: `Basic ${base64(credentials)}` },
    signal: AbortSignal.timeout(HTTP_MS_MAX),
  });
  const text = await answer.text();
  // A point that it will never take must not hold up those behind it.
  const isRefused = answer.status === 400 && text.includes("partial write");
  if (!answer.ok && !isRefused) throw new Error(`it answered ${answer.status}: ${text.trim()}`);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

async function sendDatagrams({ hostname, port }: URL, lines: string): Promise<void> {
  const host = hostname.replaceAll(/[[\]]/g, "");
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  try {
    for (const datagram of datagramsOf(lines)) {
      await new Promise<void>((resolve, reject) => {
        socket.send(datagram, Number(port), host, (error) => (error ? reject(error) : resolve()));
      });
    }
  } finally {
    socket.close();
  }
}

/** Lines put together as they fit. */
export function datagramsOf(lines: string): Buffer[] {
  const datagrams: Buffer[] = [];
  let lot: Buffer[] = [];
  let size = 0;
  for (const line of lines.split("\n")) {
    if (line === "") continue;
    const bytes = Buffer.from(`${line}\n`);
    if (size > 0 && size + bytes.length > DATAGRAM_BYTES) {
      datagrams.push(Buffer.concat(lot));
      [lot, size] = [[], 0];
    }
    lot.push(bytes);
    size += bytes.length;
  }
  if (size > 0) datagrams.push(Buffer.concat(lot));
  return datagrams;
}
