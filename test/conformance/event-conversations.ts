/** Events over RESP, as far as replies are the same each time. Each finds an empty database. */
import type { Conversation, Expected } from "./conversation.ts";

const noTopic = "-ERR Topic t does not exist";
const publish = (id: string): Conversation["steps"][number] => {
  return [`EVENT.PUBLISH t ${id} IN 600000 x`, "+QUEUED"];
};
const arity = (name: string): Expected => `-ERR wrong number of arguments for '${name}' command`;

export const eventConversations: readonly Conversation[] = [
  {
    name: "events of a transaction are there when it is committed",
    steps: [
      ["BEGIN", "+OK"],
      publish("a"),
      publish("b"),
      ["SET k 1", "+OK"],
      ["COMMIT", "+OK"],
      ["EVENT.CANCEL t a b c", ":2"],
      ["EVENT.CANCEL t a", ":0"],
      ["EVENT.GET t a", "nil"],
      ["GET k", "$1"],
    ],
  },
  {
    name: "events of a transaction that is rolled back never were",
    steps: [
      ["BEGIN", "+OK"],
      publish("a"),
      ["ROLLBACK", "+OK"],
      ["EVENT.GET t a", "nil"],
      ["EVENT.PENDING t", noTopic],
      ["EVENT.CANCEL t a", noTopic],
    ],
  },
  {
    name: "a pending event can be moved in time",
    steps: [
      ["BEGIN", "+OK"],
      publish("a"),
      ["COMMIT", "+OK"],
      ["EVENT.RESCHEDULE t IN 900000 a", ":1"],
      ["EVENT.RESCHEDULE t IN 900000 nothing", ":0"],
      ["EVENT.CANCEL t a", ":1"],
      ["EVENT.RESCHEDULE t IN 900000 a", ":0"],
    ],
  },
  {
    name: "events join MULTI",
    steps: [
      ["BEGIN", "+OK"],
      publish("a"),
      ["COMMIT", "+OK"],
      ["MULTI", "+OK"],
      ["EVENT.CANCEL t a", "+QUEUED"],
      ["SET k 2", "+QUEUED"],
      ["EXEC", [":1", "+OK"]],
      ["MULTI", "+OK"],
      ["EVENT.CANCEL t", arity("EVENT.CANCEL")],
      ["EXEC", "-EXECABORT Transaction discarded because of previous errors."],
    ],
  },
  {
    name: "what is asked wrongly is refused",
    steps: [
      ["EVENT.PUBLISH t", arity("EVENT.PUBLISH")],
      ["EVENT.PUBLISH t a SOON 1 x", "-ERR syntax error"],
      ["EVENT.PUBLISH t a IN x y", "-ERR value is not an integer or out of range"],
      ["EVENT.GET t", arity("EVENT.GET")],
      ["EVENT.PENDING t LIMIT x", "-ERR value is not an integer or out of range"],
      ["EVENT.ACK nothing", ":0"],
      ["EVENT.NACK nothing", ":0"],
      ["EVENT.UNSUBSCRIBE nobody", ":0"],
    ],
  },
];
