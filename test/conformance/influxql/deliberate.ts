/** Questions that CronosDB answers otherwise than InfluxDB 1.6.7 on purpose, by why. */
import type { Answer } from "./ask.ts";

const reasons: readonly { readonly why: string; readonly is: (answer: Answer) => boolean }[] = [
  {
    why: "InfluxDB cannot write infinity and NaN as JSON and fails; here they are null",
    is: ({ body }) => body.startsWith("json: error calling MarshalJSON"),
  },
  {
    why: "a mean does not overflow where its sum would",
    is: ({ question }) => question === "SELECT mean(float) FROM ends",
  },
  {
    why: "abs() of an integer does nothing in 1.6",
    is: ({ question }) => question === "SELECT abs(ticks) FROM temp",
  },
  {
    why: "rows of one time come in the order of their series, always",
    is: ({ question }) =>
      ordered.has(question) || /integral\((?:value|\*)\).*time\(/.test(question),
  },
  {
    why: "of values that are equally frequent the first one counts, not what sorting left in front",
    is: ({ question }) => /\bmode\((?:idle|count)\)/.test(question),
  },
  {
    why: "there is help when a name is unknown",
    is: ({ question }) =>
      /\bmissing\b|"alpha"|FROM nothing|FROM cpu WHERE time > now\(\)/.test(question) ||
      helped.has(question),
  },
  {
    why: "the language has more: ORDER BY a column",
    is: ({ question }) => question.includes("ORDER BY usage"),
  },
  {
    why: "the statement that fails says why, the ones behind it are not executed",
    is: ({ question }) => /bad\((?:usage|value)\)|unknown.*; SHOW DATABASES/.test(question),
  },
  {
    why: "windows of a zone are whole where the clock changes",
    is: ({ question }) => question.includes("time(1d, 6h) tz"),
  },
  {
    why: "large integers are filled in exactly, not by doubles",
    is: ({ question }) => /ticks\).*fill\(linear\)/.test(question),
  },
  {
    why: "a series of a subquery is filled from its own values, and its rows come by time",
    is: ({ question }) => /FROM \(SELECT .* fill\((?:previous|linear|5|0)\)\)/.test(question),
  },
  {
    why: "a policy that is not there is an error everywhere",
    is: ({ question }) => question === "SHOW TAG KEYS FROM none.load",
  },
  {
    why: "a policy that was dropped is not named as the default one",
    is: ({ question }) => question === "SELECT * FROM made..cpu",
  },
  {
    why: "what is wrong with JSON is told in other words",
    is: ({ question }) => /-- params=(?:\[1\]|x)$/.test(question),
  },
];

const helped = new Set([
  "SELECT usage FROM (SELECT usage FROM cpu WHERE host = 'alpha') WHERE host = 'beta'",
  "SELECT usage FROM (SELECT mean(usage) FROM cpu)",
  "SELECT * FROM copy",
]);

const ordered = new Set([
  "SELECT usage FROM cpu WHERE usage > 50 OR host = 'alpha' LIMIT 5",
  "SELECT usage FROM cpu WHERE state =~ /^(ok|warn)$/ LIMIT 4",
  "SELECT * FROM temp",
  "SELECT value + ticks, value - 1, ticks / value FROM temp",
  "SELECT value FROM temp WHERE floor = ''",
  "SELECT value FROM temp WHERE room =~ /.*/",
]);

/** Why an answer may be another one; undefined: it must be the same. */
export function whyDifferent(answer: Answer): string | undefined {
  return reasons.find(({ is }) => is(answer))?.why;
}
