/**
 * Events over RESP: the whole scheduler for anyone with a Redis client.
 *
 *   EVENT.PUBLISH topic id AT ms|IN ms payload [META key value …]
 *   EVENT.CANCEL topic (id … | PREFIX text | META key value …)
 *   EVENT.RESCHEDULE topic AT ms|IN ms (id … | PREFIX text | META key value …)
 *   EVENT.PENDING topic [FROM ms] [TO ms] [LIMIT n] [AFTER token]
 *   EVENT.GET topic id
 *   EVENT.REPLAY topic [FROM ms] [TO ms] [OFFSET n] [PARTITION n] [COUNT n]
 *   EVENT.SUBSCRIBE topic [GROUP g] [PARTITION n] [FROM earliest|latest|offset] [CREDITS n]
 *                   [NAME id]
 *   EVENT.UNSUBSCRIBE name
 *   EVENT.ACK delivery …          EVENT.NACK delivery [error]
 *
 * An event is a map: topic, id, at, payload, meta, created_at, partition, offset; a delivery is a
 * push "event" followed by its id, its attempt and the event. Inside BEGIN the writing commands
 * answer QUEUED and take place at COMMIT; inside MULTI they run at EXEC. Topics are those of the
 * session's namespace.
 */
import type { EventSelector, EventsApi, StoredEvent } from "../../../engine/events-api.ts";
import type { CommandSpec, RespClient } from "../command.ts";
import { EventFeeds } from "../event-feeds.ts";
import { ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { Words } from "../words.ts";
import { writeEntry, writeEvent } from "../write-event.ts";

const REPLAY_COUNT_DEFAULT = 100;
const REPLAY_COUNT_MAX = 10_000;

export const eventCommands: readonly CommandSpec[] = [
  command("EVENT.PUBLISH", -6, ["write"], "Stores an event that is due at a time", publish),
  command("EVENT.CANCEL", -3, ["write"], "Removes events that are not due yet", cancel),
  command("EVENT.RESCHEDULE", -5, ["write"], "Moves events to another time", reschedule),
  command("EVENT.PENDING", -2, ["readonly"], "Lists events that are not due yet", pending),
  command("EVENT.GET", 3, ["readonly"], "Returns the stored event with an id", get),
  command("EVENT.REPLAY", -2, ["readonly"], "Lists stored events by schedule time", replay),
  command("EVENT.SUBSCRIBE", -2, ["pubsub", "no-multi"], "Has due events pushed", subscribe),
  command("EVENT.UNSUBSCRIBE", 2, ["pubsub", "no-multi"], "Ends a subscription", unsubscribe),
  command("EVENT.ACK", -2, ["write", "no-multi"], "Acknowledges deliveries", acknowledge),
  command("EVENT.NACK", -2, ["write", "no-multi"], "Gives a delivery back", giveBack),
];

// oxlint-disable-next-line max-params -- a row of the table above
function command(
  name: string,
  arity: number,
  flags: CommandSpec["flags"],
  summary: string,
  handler: CommandSpec["handler"],
): CommandSpec {
  return { name, arity, flags, group: "event", since: "0.1.0", summary, handler };
}

function publish(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const words = new Words(args);
  const topic = words.text();
  const id = words.text();
  const at = time(client, words);
  const payload = Buffer.from(words.bytes());
  const meta = words.isWord("META") ? pairs(words) : undefined;
  if (words.left > 0) throw syntaxError();
  const event = meta === undefined ? { topic, id, at, payload } : { topic, id, at, payload, meta };
  const { engine } = client.server;
  // In a transaction it is published at COMMIT, which must not fail for what can be told now.
  engine.checkEvent(event);
  const { id: namespaceId } = client.session.namespace;
  const receipt = client.session.blindly((tx) => {
    return engine.eventsIn(tx, namespaceId).publish(event);
  });
  if (receipt === undefined) {
    reply.queued();
    return;
  }
  reply.map(4);
  writeEntry(reply, "partition", receipt.partition);
  writeEntry(reply, "offset", receipt.offset);
  writeEntry(reply, "at", receipt.at);
  writeEntry(reply, "duplicate", receipt.duplicate ? 1 : 0);
}

function cancel(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const words = new Words(args);
  const selector = selectorOf(words.text(), words);
  const { engine } = client.server;
  const namespaceId = client.session.namespace.id;
  const count = client.session.blindly((tx) => engine.eventsIn(tx, namespaceId).cancel(selector));
  if (count === undefined) reply.queued();
  else reply.integer(count);
}

function reschedule(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const words = new Words(args);
  const topic = words.text();
  const at = time(client, words);
  const selector = selectorOf(topic, words);
  const { engine } = client.server;
  const namespaceId = client.session.namespace.id;
  const count = client.session.blindly((tx) => {
    return engine.eventsIn(tx, namespaceId).reschedule(selector, at);
  });
  if (count === undefined) reply.queued();
  else reply.integer(count);
}

async function pending(
  client: RespClient,
  args: readonly Buffer[],
  reply: ReplyWriter,
): Promise<void> {
  const words = new Words(args);
  const topic = words.text();
  const options = words.options(["FROM", "TO", "LIMIT", "AFTER"]);
  const from = options.integer("FROM");
  const to = options.integer("TO");
  const limit = options.integer("LIMIT");
  const after = options.text("AFTER");
  const page = await (await settledEvents(client)).listPending({
    topic,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(limit === undefined ? {} : { limit }),
    ...(after === undefined ? {} : { after }),
  });
  reply.array(2);
  if (page.next === undefined) reply.null();
  else reply.text(page.next);
  reply.array(page.items.length);
  for (const event of page.items) writeEvent(reply, event);
}

async function get(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): Promise<void> {
  const words = new Words(args);
  const events = await settledEvents(client);
  const event = await events.get(words.text(), words.text());
  if (event === undefined) reply.null();
  else writeEvent(reply, event);
}

async function replay(
  client: RespClient,
  args: readonly Buffer[],
  reply: ReplyWriter,
): Promise<void> {
  const words = new Words(args);
  const topic = words.text();
  const options = words.options(["FROM", "TO", "OFFSET", "PARTITION", "COUNT"]);
  const count = options.integer("COUNT") ?? REPLAY_COUNT_DEFAULT;
  if (count < 1 || count > REPLAY_COUNT_MAX) {
    throw new ReplyError(`ERR COUNT must be from 1 to ${REPLAY_COUNT_MAX}`);
  }
  const from = options.integer("FROM");
  const to = options.integer("TO");
  const startOffset = options.integer("OFFSET");
  const partition = options.integer("PARTITION");
  const found: StoredEvent[] = [];
  const events = (await settledEvents(client)).replay({
    topic,
    count,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(startOffset === undefined ? {} : { startOffset }),
    ...(partition === undefined ? {} : { partition }),
  });
  for await (const event of events) found.push(event);
  reply.array(found.length);
  for (const event of found) writeEvent(reply, event);
}

async function subscribe(
  client: RespClient,
  args: readonly Buffer[],
  reply: ReplyWriter,
): Promise<void> {
  const words = new Words(args);
  const topic = words.text();
  const options = words.options(["GROUP", "PARTITION", "FROM", "CREDITS", "NAME"]);
  const group = options.text("GROUP");
  const partition = options.integer("PARTITION");
  const credits = options.integer("CREDITS");
  const subscriptionId = options.text("NAME");
  const from = options.text("FROM");
  const name = await EventFeeds.of(client).open({
    topic,
    batchSize: 1,
    ...(group === undefined ? {} : { group }),
    ...(partition === undefined ? {} : { partition }),
    ...(credits === undefined ? {} : { credits }),
    ...(subscriptionId === undefined ? {} : { subscriptionId }),
    ...(from === undefined ? {} : { from: startOf(from) }),
  });
  reply.text(name);
}

async function unsubscribe(
  client: RespClient,
  args: readonly Buffer[],
  reply: ReplyWriter,
): Promise<void> {
  const isClosed = await EventFeeds.of(client).close(new Words(args).text());
  reply.integer(isClosed ? 1 : 0);
}

/** How many of the deliveries were out and are now acknowledged. */
async function acknowledge(
  client: RespClient,
  args: readonly Buffer[],
  reply: ReplyWriter,
): Promise<void> {
  const { engine } = client.server;
  const outcomes = await Promise.allSettled(
    args.map((id) => engine.encoded.settleEncoded(id.toString("latin1"), { ok: true })),
  );
  reply.integer(outcomes.filter(({ status }) => status === "fulfilled").length);
}

async function giveBack(
  client: RespClient,
  args: readonly Buffer[],
  reply: ReplyWriter,
): Promise<void> {
  const words = new Words(args);
  const id = words.text();
  const error = words.left > 0 ? words.text() : "";
  const { encoded } = client.server.engine;
  const [outcome] = await Promise.allSettled([encoded.settleEncoded(id, { ok: false, error })]);
  reply.integer(outcome?.status === "fulfilled" ? 1 : 0);
}

/** The events of the session's namespace. */
/** For reading what is durable: with what the session wrote until now. */
async function settledEvents(client: RespClient): Promise<EventsApi> {
  const events = eventsOf(client);
  await client.session.settled();
  return events;
}

function eventsOf({ server, session }: RespClient): EventsApi {
  return server.engine.eventsOf(session.namespace.name);
}

/** AT ms or IN ms. */
function time(client: RespClient, words: Words): number {
  if (words.isWord("AT")) return words.integer();
  if (words.isWord("IN")) return client.session.now + words.integer();
  throw syntaxError();
}

/** META key value …, to the end. */
function pairs(words: Words): Record<string, string> {
  if (words.left === 0 || words.left % 2 !== 0) throw syntaxError();
  const entries: [string, string][] = [];
  while (words.left > 0) entries.push([words.text(), words.text()]);
  return Object.fromEntries(entries);
}

function selectorOf(topic: string, words: Words): EventSelector {
  if (words.left === 2 && words.isWord("PREFIX")) return { topic, prefix: words.text() };
  if (words.left > 2 && words.isWord("META")) return { topic, meta: pairs(words) };
  const ids: string[] = [];
  while (words.left > 0) ids.push(words.text());
  if (ids.length === 0) throw syntaxError();
  return { topic, ids };
}

function startOf(word: string): "earliest" | "latest" | number {
  const lower = word.toLowerCase();
  if (lower === "earliest" || lower === "latest") return lower;
  if (/^\d{1,15}$/.test(word)) return Number(word);
  throw new ReplyError("ERR FROM must be earliest, latest or an offset");
}
