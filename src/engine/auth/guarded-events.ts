/**
 * Events as an account may use them: every operation is checked before it runs. A topic counts as a
 * key, an operation as the RESP command that does the same; what RESP has no command for needs the
 * categories event and read, or event, write and admin. An operation without a rule is refused.
 */
import type { EncodedEventsApi } from "../encoded-events.ts";
import type { EventsApi } from "../events-api.ts";
import { EventList } from "../../models/events/event-list.ts";
import type { AccessRequest } from "./access-request.ts";
import { requireAccess } from "./gate.ts";
import type { Account } from "./users.ts";

type Operation = keyof (EventsApi & EncodedEventsApi);
type TopicsOf = (args: readonly unknown[]) => readonly string[];

interface Rule {
  readonly command: string;
  readonly categories: readonly string[];
  readonly topics: TopicsOf;
}

const none: TopicsOf = () => [];
/** The argument is a topic; without one the operation goes over the whole namespace. */
const named = (at: number): TopicsOf => {
  return (args) => (typeof args[at] === "string" ? [args[at]] : []);
};
/** The first argument has a topic. */
const selected: TopicsOf = ([request]) => {
  const isTold = typeof request === "object" && request !== null && "topic" in request;
  return isTold && typeof request.topic === "string" ? [request.topic] : [];
};
const listed: TopicsOf = ([events]) => {
  return Array.isArray(events) ? events.flatMap((each: unknown) => selected([each])) : [];
};

const list = new EventList();
const encoded = (isBatch: boolean): TopicsOf => {
  return ([bytes]) => {
    if (!(bytes instanceof Uint8Array)) return [];
    if (isBatch) list.scanBatch(bytes);
    else list.scanOne(bytes);
    const topics = new Set<string>();
    for (let i = 0; i < list.count; i++) {
      // What is wrong with an event is told when it is published, which it then is not.
      if (list.error[i] !== 0) continue;
      topics.add(list.bytes.toString("utf8", list.topicStart[i], list.topicEnd[i]));
    }
    return [...topics];
  };
};

function rule(command: string, kind: "read" | "write" | "pubsub", topics: TopicsOf): Rule {
  const kinds = kind === "pubsub" ? [] : [kind];
  return { command: `event.${command}`, categories: [...kinds, "event", "slow"], topics };
}

/** An operation without a command. */
function manage(name: string, topics: TopicsOf): Rule {
  return { command: name, categories: ["write", "event", "admin", "dangerous", "slow"], topics };
}

function look(name: string, topics: TopicsOf): Rule {
  return { command: name, categories: ["read", "event", "slow"], topics };
}

const rules: Readonly<Record<Operation, Rule>> = {
  publish: rule("publish", "write", selected),
  publishBatch: rule("publish", "write", listed),
  publishEncoded: rule("publish", "write", encoded(false)),
  publishBatchEncoded: rule("publish", "write", encoded(true)),
  cancel: rule("cancel", "write", selected),
  reschedule: rule("reschedule", "write", selected),
  listPending: rule("pending", "read", selected),
  get: rule("get", "read", named(0)),
  replay: rule("replay", "read", selected),
  replayEncoded: rule("replay", "read", selected),
  subscribe: rule("subscribe", "pubsub", selected),
  subscribeEncoded: rule("subscribe", "pubsub", selected),
  settleEncoded: rule("ack", "write", none),
  schedule: manage("schedule", selected),
  listSchedules: look("listschedules", named(0)),
  pauseSchedule: manage("pauseschedule", named(0)),
  deleteSchedule: manage("deleteschedule", named(0)),
  previewSchedule: look("previewschedule", none),
  listDeadLetters: look("listdeadletters", selected),
  redriveDeadLetters: manage("redrivedeadletters", selected),
  purgeDeadLetters: manage("purgedeadletters", selected),
  configureTopic: manage("configuretopic", named(0)),
  listTopics: look("listtopics", none),
  deleteTopic: manage("deletetopic", named(0)),
  createGroup: manage("creategroup", named(1)),
  getGroup: look("getgroup", none),
  listGroups: look("listgroups", named(0)),
  deleteGroup: manage("deletegroup", named(1)),
  seekGroup: manage("seekgroup", named(1)),
  listPartitions: look("listpartitions", named(0)),
  schedulerStatus: look("schedulerstatus", none),
  runRetention: manage("runretention", selected),
};

/** Operations that do not answer with a promise. */
const immediate: ReadonlySet<string> = new Set(["subscribe", "replay", "replayEncoded"]);

/** The events of a namespace for an account, whose rules count as they are at each call. */
export function guardedEvents<Events extends EventsApi | EncodedEventsApi>(
  events: Events,
  { account, namespace }: { readonly account: Account; readonly namespace: string },
): Events {
  const check = (name: string, args: readonly unknown[]): void => {
    if (account.access.isUnrestricted) return;
    requireAccess(account, requestFor(name, args, namespace));
  };
  return new Proxy(events, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]): unknown => {
        try {
          check(String(name), args);
        } catch (error) {
          if (immediate.has(String(name))) throw error;
          return Promise.reject(error);
        }
        return Reflect.apply(value, target, args);
      };
    },
  });
}

function requestFor(name: string, args: readonly unknown[], namespace: string): AccessRequest {
  const known = Object.hasOwn(rules, name) ? rules[name as Operation] : manage(name, none);
  const writes = known.categories.includes("write");
  return {
    command: known.command,
    categories: known.categories,
    keys: known.topics(args).map(binary),
    reads: !writes,
    writes,
    channels: [],
    arePatterns: false,
    namespaces: [binary(namespace)],
  };
}

/** Rules are about bytes. */
export function binary(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
