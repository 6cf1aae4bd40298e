/**
 * How a topic is asked for: by its name, which is looked for in the namespace "global", or by its
 * name in another namespace. Topics of the same name in two namespaces have nothing in common.
 */

/** Id of the namespace "global". */
export const globalTopics = 0;

export interface ScopedTopic {
  readonly namespaceId: number;
  readonly name: string;
}

export type TopicRef = string | ScopedTopic;

/** A request whose topic is not a bare name. */
export type InNamespace<Request extends { readonly topic: string }> = Omit<Request, "topic"> & {
  readonly topic: TopicRef;
};

/** Names of "global" stay bare. */
export function topicRef(namespaceId: number, name: string): TopicRef {
  return namespaceId === globalTopics ? name : { namespaceId, name };
}

export function nameOf(topic: TopicRef): string {
  return typeof topic === "object" ? topic.name : topic;
}

export function namespaceOf(topic: TopicRef): number {
  return typeof topic === "object" ? topic.namespaceId : globalTopics;
}
