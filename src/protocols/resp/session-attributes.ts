/** What SESSION.ATTRIBUTE sets: how documents come and go on this connection. */

export interface SessionAttributes {
  /** Form of documents in replies, and in requests. */
  replyType: "bson" | "json";
  inputType: "bson" | "json";
  /** Default LIMIT of a query. */
  limit: number;
  objectIdFormat: "bytes" | "hex";
}

export function defaultSessionAttributes(): SessionAttributes {
  return { replyType: "bson", inputType: "bson", limit: 100, objectIdFormat: "bytes" };
}
