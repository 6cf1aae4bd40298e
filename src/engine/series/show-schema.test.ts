/** SHOW of measurements, series, tags and fields. */
import { testAnswers } from "../../../test/support/query-fixture.ts";

const lines = [
  "cpu,host=a v=1,s=\"x\" 1000000000000",
  "cpu,host=b,dc=eu v=1 1000000000000",
  "mem,host=c used=5i 900000000000000000",
].join("\n");
const two = '"series":[{"name":"cpu","columns":["tagKey"],"values":[["dc"],["host"]]},';

testAnswers("SHOW of the schema", lines, [
  [
    "SHOW MEASUREMENTS",
    '"series":[{"name":"measurements","columns":["name"],"values":[["cpu"],["mem"]]}]',
  ],
  [
    "SHOW MEASUREMENTS WITH MEASUREMENT =~ /m/ WHERE host = 'c'",
    '"series":[{"name":"measurements","columns":["name"],"values":[["mem"]]}]',
  ],
  ["SHOW MEASUREMENTS ON nosuch", ""],
  [
    "SHOW MEASUREMENTS WHERE time > 3",
    `"error":"SHOW MEASUREMENTS doesn't support time in WHERE clause"`,
  ],
  [
    "SHOW SERIES LIMIT 2 OFFSET 1",
    '"series":[{"columns":["key"],"values":[["cpu,host=a"],["mem,host=c"]]}]',
  ],
  [
    "SHOW SERIES WHERE time < 2000000000000",
    '"series":[{"columns":["key"],"values":[["cpu,dc=eu,host=b"],["cpu,host=a"]]}]',
  ],
  ["SHOW SERIES FROM p.cpu", '"error":"retention policy not found: p"'],
  ["SHOW TAG KEYS", `${two}{"name":"mem","columns":["tagKey"],"values":[["host"]]}]`],
  [
    "SHOW TAG KEYS FROM cpu WITH KEY =~ /^h/ WHERE host = 'a'",
    '"series":[{"name":"cpu","columns":["tagKey"],"values":[["host"]]}]',
  ],
  [
    "SHOW TAG VALUES FROM cpu WITH KEY IN (host, dc) WHERE dc = 'eu'",
    '"series":[{"name":"cpu","columns":["key","value"],"values":[["dc","eu"],["host","b"]]}]',
  ],
  [
    "SHOW TAG VALUES WITH KEY != host",
    '"series":[{"name":"cpu","columns":["key","value"],"values":[["dc","eu"]]}]',
  ],
  [
    "SHOW FIELD KEYS FROM cpu",
    '"series":[{"name":"cpu","columns":["fieldKey","fieldType"],"values":[["s","string"],["v","f' +
      'loat"]]}]',
  ],
  ["ALTER MEASUREMENT mem FIELD used SET UNIT 'bytes'", ""],
  [
    "SHOW FIELD KEYS FROM mem",
    '"series":[{"name":"mem","columns":["fieldKey","fieldType","unit","description"],"values":[[' +
      '"used","integer","bytes",""]]}]',
  ],
  ["SHOW TAG KEYS ON nosuch", '"error":"database not found: nosuch"'],
]);
