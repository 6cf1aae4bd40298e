/**
 * The RESP listener: takes connections until it is closed.
 */
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TlsOptions } from "node:tls";
import { Connection } from "./connection.ts";
import type { RespServer } from "./command.ts";
import { WriteTurn } from "./output-queue.ts";
import { ReplySlab } from "./reply-writer.ts";
import { ListeningServer } from "./resp-server.ts";
import type { RespServerOptions } from "./resp-server.ts";

/** How long a client may take its last replies while the listener closes. */
const CLOSE_TIMEOUT_MS = 5_000;
/** Silence after which the system asks whether the other end is still there. */
const KEEPALIVE_MS = 300_000;
/** How long a client may take to agree on TLS. */
const HANDSHAKE_MS = 5_000;

export interface RespListenOptions extends RespServerOptions {
  readonly host: string;
  readonly port: number;
  /** Given: clients must speak TLS. */
  readonly tls?: RespTls;
}

/** PEM. With authorities, clients must have a certificate signed by one of them. */
export interface RespTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

export interface RespListener {
  readonly host: string;
  readonly port: number;
  readonly server: RespServer;
  /** Takes nothing new; resolves when what was asked is answered and all connections are closed. */
  close(): Promise<void>;
}

/** Listens; rejects with the system's error if the address cannot be used. */
export async function listenResp(options: RespListenOptions): Promise<RespListener> {
  const server = new ListeningServer(options);
  const connections = new Set<Connection>();
  const { clock } = options;
  const output = { slab: new ReplySlab(), turn: new WriteTurn((run) => clock.soon(run)) };
  const { tls } = options;
  const sockets = { noDelay: true, allowHalfOpen: true };
  const listener =
    tls === undefined
      ? createServer(sockets, accept)
      : createTlsServer({ ...sockets, ...tlsOptions(tls) }, accept);
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen({ host: options.host, port: options.port, backlog: 511 }, resolve);
  });
  const { address: host, port } = listener.address() as AddressInfo;
  const unwatch = server.watchUsers();
  server.host = host;
  server.port = port;
  return { host, port, server, close };

  function accept(socket: Socket): void {
    if (connections.size >= server.clientsMax) {
      server.counts.rejectedConnections++;
      socket.on("error", () => {});
      socket.end("-ERR max number of clients reached\r\n");
      return;
    }
    socket.setKeepAlive(true, KEEPALIVE_MS);
    const connection = new Connection(server, socket, output);
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  }

  async function close(): Promise<void> {
    const closed = new Promise<unknown>((resolve) => listener.close(resolve));
    const timeout = clock.after(CLOSE_TIMEOUT_MS, () => {
      for (const connection of connections) connection.destroy();
    });
    for (const connection of connections) connection.closeSoon();
    await Promise.all([closed, ...[...connections].map((connection) => connection.closed)]);
    timeout.cancel();
    unwatch();
  }
}

function tlsOptions(tls: RespTls): TlsOptions {
  const checksClients = tls.ca !== undefined;
  return {
    ...tls,
    requestCert: checksClients,
    rejectUnauthorized: checksClients,
    minVersion: "TLSv1.2",
    handshakeTimeout: HANDSHAKE_MS,
  };
}
