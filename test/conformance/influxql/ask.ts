/**
 * Asks a server that speaks InfluxDB 1.x over HTTP: writes a data set into a database of its own,
 * runs questions, and compares answers as text, number by number.
 */
import type { DatasetName } from "./datasets.ts";
import { datasets } from "./datasets.ts";

/** An answer as it is kept: the status and the body. */
export interface Answer {
  readonly dataset: DatasetName;
  readonly question: string;
  readonly status: number;
  readonly body: string;
}

/** Numbers that differ less than this, relatively, are equal: sums are taken in any order. */
const TOLERANCE = 1e-9;
/** Sums of integers in the data sets stay below it, or overflow. */
const WHOLE_MAX = 1e18;
/** Ends of a fit that is searched for, step by step. */
const FIT_TOLERANCE = 1e-3;

/** Makes the data set's database anew. */
export async function writeDataset(url: string, name: DatasetName): Promise<void> {
  await post(`${url}/query?${new URLSearchParams({ q: `DROP DATABASE ${name}` })}`, "");
  await post(`${url}/query?${new URLSearchParams({ q: `CREATE DATABASE ${name}` })}`, "");
  const answer = await post(`${url}/write?db=${name}`, datasets[name].join("\n"));
  if (answer.status !== 204) throw new Error(`Write of ${name}: ${answer.status} ${answer.body}`);
}

/** Runs a question on its data set, with the parameters that stand in a comment behind it. */
export async function ask(url: string, dataset: DatasetName, question: string): Promise<Answer> {
  const [q = "", comment = ""] = question.split(/ -- /);
  const given = new URLSearchParams(comment);
  const accept = given.get("accept") ?? "application/json";
  given.delete("accept");
  const parameters = new URLSearchParams({ db: dataset, q, ...Object.fromEntries(given) });
  const { status, body } = await post(`${url}/query?${parameters}`, "", accept);
  return { dataset, question, status, body: body.trimEnd() };
}

async function post(
  url: string,
  body: string,
  accept = "*/*",
): Promise<{ status: number; body: string }> {
  const response = await fetch(url, { method: "POST", body, headers: { accept } });
  return { status: response.status, body: await response.text() };
}

/** Strings and numbers of JSON; what is between them must be the same. */
const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Why an answer is not the one expected; undefined: it is. */
export function difference(expected: Answer, got: Answer): string | undefined {
  if (expected.status !== got.status) return `status ${got.status}, not ${expected.status}`;
  if (expected.body === got.body) return undefined;
  const shape = (text: string): string => text.replace(tokens, "#");
  const same = shape(expected.body) === shape(got.body);
  const [theirs, ours] = [expected.body, got.body].map((body) => body.match(tokens) ?? []);
  const tolerance = expected.question.includes("holt_winters") ? FIT_TOLERANCE : TOLERANCE;
  const isEqual = (token: string, at: number): boolean =>
    token === ours?.[at] || isNear(token, ours?.[at] ?? "", tolerance);
  return same && theirs?.every(isEqual) ? undefined : `answered ${got.body}`;
}

/** Whole numbers must be the same, unless only a float can be so large; others may differ a bit. */
function isNear(a: string, b: string, tolerance: number): boolean {
  if (a.startsWith('"') || b.startsWith('"')) return false;
  const isWhole = !/[.e]/.test(a) && !/[.e]/.test(b);
  if (isWhole && Math.abs(Number(a)) < WHOLE_MAX) return false;
  return Math.abs(Number(a) - Number(b)) <= tolerance * Math.max(Math.abs(Number(a)), 1e-12);
}
