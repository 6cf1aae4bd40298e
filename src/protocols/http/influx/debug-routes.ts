/** /debug/vars: the figures of SHOW STATS as one JSON object, for those who may ask for them. */
import type { QueryEvent, ResultSeries } from "../../../engine/series/query-result.ts";
import type { Statement } from "../../../influxql/ast.ts";
import { cellText, jsonText } from "./encode-json.ts";
import type { InfluxAnswer } from "./influx-route.ts";

/** What is run for it. */
export const showStats: Statement = { kind: "show stats", module: "" };

/** The answer, of the events of that statement. */
export async function variables(events: AsyncIterable<QueryEvent>): Promise<InfluxAnswer> {
  const members: string[] = [];
  for await (const event of events) {
    if (event.kind === "series") members.push(variable(event.series));
  }
  return { status: 200, body: `{\n${members.join(",\n")}\n}\n` };
}

/** "database:db": {"name": …, "tags": …, "values": …} */
function variable({ name, tags, columns, rows }: ResultSeries): string {
  const key = [name, ...tags.map(([, value]) => value)].join(":");
  const tagTexts = tags.map(([tag, value]) => `${jsonText(tag)}:${jsonText(value)}`);
  const [row = []] = rows;
  const values = columns.map((column, at) => `${jsonText(column)}:${cellText(row[at] ?? null)}`);
  const content = `"tags":{${tagTexts.join(",")}},"values":{${values.join(",")}}`;
  return `${jsonText(key)}: {"name":${jsonText(name)},${content}}`;
}
