/** Bits of strings, as Redis 7 answers. */
import type { Conversation } from "./conversation.ts";

const syntaxError = "-ERR syntax error";
const wrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";
const badOffset = "-ERR bit offset is not an integer or out of range";

export const bitConversations: readonly Conversation[] = [
  {
    name: "SETBIT grows the string, GETBIT reads zeros behind it",
    steps: [
      ["SETBIT k 15 1", ":0"],
      ["GET k", "$\0\u0001"],
      ["SETBIT k 15 0", ":1"],
      ["GETBIT k 15", ":0"],
      ["GETBIT k 1000", ":0"],
      ["GETBIT missing 0", ":0"],
      ["SETBIT k -1 1", badOffset],
      ["SETBIT k x 1", badOffset],
      ["SETBIT k 0 2", "-ERR bit is not an integer or out of range"],
      ["HSET h f v", ":1"],
      ["SETBIT h 0 1", wrongType],
      ["GETBIT h 0", wrongType],
    ],
  },
  {
    name: "BITCOUNT and BITPOS take bytes or bits",
    steps: [
      ["SET k foobar", "+OK"],
      ["BITCOUNT k", ":26"],
      ["BITCOUNT k 0 0", ":4"],
      ["BITCOUNT k 1 -5", ":6"],
      ["BITCOUNT k 5 30 BIT", ":17"],
      ["BITCOUNT k 1", syntaxError],
      ["BITCOUNT k 0 1 WORD", syntaxError],
      ["BITCOUNT missing", ":0"],
      [["SET", "b", "\xff\xf0\0"], "+OK"],
      ["BITPOS b 0", ":12"],
      ["BITPOS b 1", ":0"],
      ["BITPOS b 1 2", ":-1"],
      ["BITPOS b 0 0 0", ":-1"],
      ["BITPOS b 1 9 11 BIT", ":9"],
      [["SET", "ones", "\xff\xff"], "+OK"],
      ["BITPOS ones 0", ":16"],
      ["BITPOS ones 0 0 -1", ":-1"],
      ["BITPOS missing 0", ":0"],
      ["BITPOS missing 1", ":-1"],
      ["BITPOS b 2", "-ERR The bit argument must be 1 or 0."],
    ],
  },
  {
    name: "BITOP combines strings of different lengths",
    steps: [
      ["MSET a abc b ab", "+OK"],
      ["BITOP AND to a b", ":3"],
      ["GET to", "$ab\0"],
      ["BITOP OR to a b missing", ":3"],
      ["GET to", "$abc"],
      ["BITOP XOR to a b", ":3"],
      ["GET to", "$\0\0c"],
      ["BITOP NOT to b", ":2"],
      ["GET to", "$\x9e\x9d"],
      ["BITOP NOT to a b", "-ERR BITOP NOT must be called with a single source key."],
      ["BITOP AND to missing", ":0"],
      ["EXISTS to", ":0"],
      ["BITOP NAND to a b", syntaxError],
    ],
  },
  {
    name: "BITFIELD reads and changes integers",
    steps: [
      ["BITFIELD k INCRBY i5 100 1 GET u4 0", [":1", ":0"]],
      ["BITFIELD k SET u8 0 255 SET u8 #1 7", [":0", ":0"]],
      ["BITFIELD k INCRBY u8 0 1 OVERFLOW SAT INCRBY u8 #1 300", [":0", ":255"]],
      ["BITFIELD k OVERFLOW FAIL INCRBY u8 8 1", ["nil"]],
      ["BITFIELD k OVERFLOW SAT SET i8 0 -200 GET i8 0", [":0", ":-128"]],
      ["BITFIELD_RO k GET i8 0", [":-128"]],
      ["BITFIELD_RO k SET i8 0 1", "-ERR BITFIELD_RO only supports the GET subcommand"],
      [
        "BITFIELD k GET u64 0",
        "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported " +
          "but i64 is.",
      ],
      ["BITFIELD k GET u8 -1", badOffset],
      ["BITFIELD k OVERFLOW NEVER", "-ERR Invalid OVERFLOW type specified"],
      ["BITFIELD k", []],
    ],
  },
];
