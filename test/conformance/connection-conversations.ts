/** Commands about connections, users and the server itself, as Redis 7 answers. */
import { map } from "./conversation.ts";
import type { Conversation } from "./conversation.ts";

const syntaxError = "-ERR syntax error";
const mayNot = "this user has no permissions to";

export const connectionConversations: readonly Conversation[] = [
  {
    name: "CLIENT tells and finds connections",
    steps: [
      ["CLIENT SETNAME worker", "+OK"],
      ["CLIENT GETNAME", "$worker"],
      [["CLIENT", "SETNAME", ""], "+OK"],
      ["CLIENT GETNAME", "nil"],
      ["CLIENT KILL 1.2.3.4:5", "-ERR No such client"],
      ["CLIENT KILL ID 0", "-ERR client-id should be greater than 0"],
      ["CLIENT LIST ID x", "-ERR Invalid client ID"],
      ["CLIENT LIST TYPE x", "-ERR Unknown client type 'x'"],
      ["CLIENT NO-EVICT on", "+OK"],
      ["CLIENT NO-EVICT x", syntaxError],
      ["CLIENT REPLY x", syntaxError],
      ["CLIENT ID x", "-ERR wrong number of arguments for 'client|id' command"],
      ["CLIENT FOO", "-ERR unknown subcommand 'FOO'. Try CLIENT HELP."],
    ],
  },
  {
    name: "ACL says who may do what",
    steps: [
      ["ACL WHOAMI", "$default"],
      ["ACL GETUSER nobody", "nil"],
      ["ACL DELUSER default", "-ERR The 'default' user cannot be removed"],
      ["ACL CAT nope", "-ERR Unknown category 'nope'"],
      ["ACL FOO", "-ERR unknown subcommand 'FOO'. Try ACL HELP."],
      ["ACL SETUSER bob foo", "-ERR Error in ACL SETUSER modifier 'foo': Syntax error"],
      ["ACL SETUSER bob reset on nopass ~a* +get +multi +exec", "+OK"],
      ["ACL DRYRUN bob GET b", "$This user has no permissions to access the 'b' key"],
      ["ACL DRYRUN bob SET a 1", "$This user has no permissions to run the 'set' command"],
      ["ACL DRYRUN bob GET a1", "+OK"],
      ["ACL DRYRUN nobody GET a", "-ERR User 'nobody' not found"],
      ["ACL DRYRUN bob nope", "-ERR Command 'nope' not found"],
      ["AUTH bob any", "+OK"],
      ["GET a1", "nil"],
      ["GET b", `-NOPERM ${mayNot} access one of the keys used as arguments`],
      ["SET a1 1", `-NOPERM ${mayNot} run the 'set' command`],
      ["CONFIG GET port", `-NOPERM ${mayNot} run the 'config|get' command`],
      ["MULTI", "+OK"],
      ["GET b", `-NOPERM ${mayNot} access one of the keys used as arguments`],
      ["EXEC", "-EXECABORT Transaction discarded because of previous errors."],
      ["AUTH default any", "+OK"],
      ["ACL DELUSER bob", ":1"],
      ["AUTH bob any", "-WRONGPASS invalid username-password pair or user is disabled."],
    ],
  },
  {
    name: "COMMAND finds keys and names",
    steps: [
      ["COMMAND GETKEYS MSET a 1 b 2", ["$a", "$b"]],
      ["COMMAND GETKEYS PING a", "-ERR The command has no key arguments"],
      ["COMMAND GETKEYS nope a", "-ERR Invalid command specified"],
      ["COMMAND GETKEYS GET", "-ERR wrong number of arguments for 'command|getkeys' command"],
      ["COMMAND LIST FILTERBY PATTERN hincr*x", []],
      ["COMMAND LIST FILTERBY PATTERN strlen", ["$strlen"]],
      ["COMMAND INFO nonsense", ["nil"]],
      ["COMMAND DOCS nonsense", map()],
    ],
  },
  {
    name: "WAIT has no replicas to wait for",
    steps: [
      ["WAIT 0 100", ":0"],
      ["WAIT x 0", "-ERR value is not an integer or out of range"],
      ["WAIT 0 x", "-ERR timeout is not an integer or out of range"],
      ["WAIT 0 -1", "-ERR timeout is negative"],
    ],
  },
];
