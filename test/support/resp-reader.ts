/** Reads replies out of bytes, strictly: what is not whole and well formed throws. */

export type Reply =
  | { readonly type: "simple" | "error" | "bulk" | "verbatim" | "number"; readonly text: string }
  | { readonly type: "null" }
  | { readonly type: "array" | "set" | "push" | "map"; readonly items: readonly Reply[] };

const lineTypes: Readonly<Record<string, RegExp>> = {
  "+": /^[^\r\n]*$/,
  "-": /^[^\r\n]+$/,
  ":": /^-?\d+$/,
  ",": /^(?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|-?inf|nan)$/,
  "#": /^[tf]$/,
  "(": /^-?\d+$/,
};
const lineNames = { "+": "simple", "-": "error" } as const;
const aggregates = { "*": "array", "~": "set", ">": "push", "%": "map" } as const;

/** All replies in a latin1 string. */
export function readReplies(bytes: string): readonly Reply[] {
  const replies: Reply[] = [];
  eachReply(bytes, (reply) => replies.push(reply));
  return replies;
}

/** All replies in a latin1 string, as they are there. */
export function splitReplies(bytes: string): readonly string[] {
  const parts: string[] = [];
  eachReply(bytes, (_reply, part) => parts.push(part));
  return parts;
}

function eachReply(bytes: string, take: (reply: Reply, part: string) => void): void {
  let at = 0;
  while (at < bytes.length) {
    const start = at;
    const reply = read();
    take(reply, bytes.slice(start, at));
  }
  return;

  function read(): Reply {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) throw new Error(`Reply is cut at ${at}: ${shown()}`);
    const type = bytes.charAt(at);
    const line = bytes.slice(at + 1, end);
    at = end + 2;
    const pattern = lineTypes[type];
    if (pattern !== undefined) {
      if (!pattern.test(line)) throw new Error(`Not a line of type ${type}: ${line}`);
      return { type: type === "+" || type === "-" ? lineNames[type] : "number", text: line };
    }
    if (type === "_" && line === "") return { type: "null" };
    if ((type === "$" || type === "*") && line === "-1") return { type: "null" };
    if (!/^\d+$/.test(line)) throw new Error(`Not a length of type ${type}: ${line}`);
    const length = Number(line);
    if (type === "$" || type === "=") return bulk(type, length);
    if (type === "*" || type === "~" || type === ">" || type === "%") {
      const count = type === "%" ? 2 * length : length;
      return { type: aggregates[type], items: Array.from({ length: count }, read) };
    }
    throw new Error(`Not a type: ${JSON.stringify(type)}`);
  }

  function bulk(type: "$" | "=", length: number): Reply {
    const text = bytes.slice(at, at + length);
    at += length + 2;
    if (bytes.slice(at - 2, at) !== "\r\n") throw new Error(`String does not end: ${shown()}`);
    return { type: type === "$" ? "bulk" : "verbatim", text };
  }

  function shown(): string {
    return JSON.stringify(bytes.slice(Math.max(0, at - 40), at + 40));
  }
}
