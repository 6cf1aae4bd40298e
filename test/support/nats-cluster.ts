/**
 * A real JetStream cluster of three nats-server processes on 127.0.0.1, for tests of what depends
 * on it. Each server has its own ports and its own store directory under one temporary directory,
 * so that it can be killed (SIGKILL, as a crash of the process) and started again on what it had
 * stored.
 *
 * Sizes are small, but `max_payload` is what docs/formats/jetstream.md asks for (8 MB).
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "../../src/base/assert.ts";

const serverCount = 3;
const readyMsMax = 30_000;
const pollMs = 50;

interface ServerPlan {
  readonly name: string;
  readonly clientPort: number;
  readonly routePort: number;
  readonly monitorPort: number;
  readonly configPath: string;
}

/** Three servers: NatsCluster.start() starts them, stop() gives everything back. */
export class NatsCluster {
  readonly #program: string;
  readonly #directory: string;
  readonly #plans: readonly ServerPlan[];
  readonly #running = new Map<string, ChildProcess>();
  readonly #killAll = (): void => {
    for (const child of this.#running.values()) child.kill("SIGKILL");
  };

  private constructor(program: string, directory: string, plans: readonly ServerPlan[]) {
    this.#program = program;
    this.#directory = directory;
    this.#plans = plans;
    process.once("exit", this.#killAll);
  }

  /**
   * Starts all servers and waits until JetStream has a leader and every server is part of it.
   * `program`: the path of nats-server (real-server.ts finds it).
   */
  static async start(program: string): Promise<NatsCluster> {
    const directory = await mkdtemp(join(tmpdir(), "cronosdb-nats-"));
    const plans = await planServers(directory);
    const cluster = new NatsCluster(program, directory, plans);
    try {
      for (const plan of plans) cluster.#spawn(plan);
      await Promise.all(plans.map(waitUntilHealthy));
      await waitUntilComplete(must(plans[0]));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get serverNames(): readonly string[] {
    return this.#plans.map((plan) => plan.name);
  }

  /** Addresses for a client, all servers. */
  get addresses(): string[] {
    return this.#plans.map((plan) => `127.0.0.1:${plan.clientPort}`);
  }

  /** kill -9; resolves when the process is gone. */
  async kill(name: string): Promise<void> {
    const child = must(this.#running.get(name), `Server ${name} is not running`);
    this.#running.delete(name);
    child.ref();
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  /** Starts a killed server on its old store; resolves when it has caught up with the others. */
  async restart(name: string): Promise<void> {
    const plan = must(this.#plans.find((each) => each.name === name), `No server ${name}`);
    this.#spawn(plan);
    await waitUntilHealthy(plan);
  }

  /** Ends every server and removes what they stored. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.kill(name)));
    process.removeListener("exit", this.#killAll);
    await rm(this.#directory, { recursive: true, force: true });
  }

  #spawn(plan: ServerPlan): void {
    const child = spawn(this.#program, ["-c", plan.configPath], { stdio: "ignore" });
    child.unref();
    this.#running.set(plan.name, child);
  }
}

async function planServers(directory: string): Promise<ServerPlan[]> {
  const ports = await freePorts(serverCount * 3);
  const plans: ServerPlan[] = [];
  for (let at = 0; at < serverCount; at++) {
    const name = `n${at + 1}`;
    plans.push({
      name,
      clientPort: must(ports[at * 3]),
      routePort: must(ports[at * 3 + 1]),
      monitorPort: must(ports[at * 3 + 2]),
      configPath: join(directory, `${name}.conf`),
    });
  }
  const routes = plans.map((plan) => `"nats://127.0.0.1:${plan.routePort}"`).join(", ");
  for (const plan of plans) {
    await mkdir(join(directory, plan.name));
    await writeFile(plan.configPath, configText(plan, routes, join(directory, plan.name)));
  }
  return plans;
}

function configText(plan: ServerPlan, routes: string, storeDirectory: string): string {
  return `server_name: "${plan.name}"
listen: "127.0.0.1:${plan.clientPort}"
http: "127.0.0.1:${plan.monitorPort}"
max_payload: 8MB
log_file: "${storeDirectory}/server.log"
jetstream { store_dir: "${storeDirectory}", max_memory_store: 64MB, max_file_store: 2GB }
cluster { name: "cronosdb-test", listen: "127.0.0.1:${plan.routePort}", routes: [${routes}] }
`;
}

/** Ports nobody listens on: all are held at once, so that they differ, then let go. */
async function freePorts(count: number): Promise<number[]> {
  const holders: Server[] = [];
  const ports: number[] = [];
  for (let held = 0; held < count; held++) {
    const holder = createServer();
    holder.listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    if (address === null || typeof address === "string") throw new Error("No port was given");
    ports.push(address.port);
    holders.push(holder);
  }
  for (const holder of holders) {
    holder.close();
    await once(holder, "close");
  }
  return ports;
}

/** A healthy server has a leader for JetStream and is current with every stream it holds. */
async function waitUntilHealthy(plan: ServerPlan): Promise<void> {
  await poll(`${plan.name} is healthy`, async () => {
    const answer = await fetch(`http://127.0.0.1:${plan.monitorPort}/healthz`);
    await answer.text();
    return answer.ok;
  });
}

/** Streams with three replicas can be made only once all three servers are known. */
async function waitUntilComplete(plan: ServerPlan): Promise<void> {
  await poll("JetStream knows all servers", async () => {
    const answer = await fetch(`http://127.0.0.1:${plan.monitorPort}/jsz`);
    const body: unknown = await answer.json();
    return JSON.stringify(body).includes(`"cluster_size":${serverCount}`) && hasLeader(body);
  });
}

function hasLeader(body: unknown): boolean {
  const found = /"leader":"([^"]*)"/.exec(JSON.stringify(body));
  return found !== null && found[1] !== "";
}

async function poll(what: string, check: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + readyMsMax;
  for (;;) {
    const done = await check().catch(() => false);
    if (done) return;
    if (performance.now() > until) throw new Error(`Waited ${readyMsMax} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
