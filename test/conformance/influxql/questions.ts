/**
 * The questions: statements of InfluxQL per data set, most of them made of parts, so that every
 * function meets every kind of field, grouping, fill and order. What InfluxDB answers to each is in
 * answers.jsonl; record-answers.ts writes it.
 */
import { changes } from "./change-questions.ts";
import { selections } from "./select-questions.ts";
import type { DatasetName } from "./datasets.ts";

const aggregates = [
  "count",
  "distinct",
  "integral",
  "mean",
  "median",
  "mode",
  "spread",
  "stddev",
  "sum",
  "first",
  "last",
  "min",
  "max",
];

const transformations = [
  "abs(F)",
  "acos(F)",
  "atan(F)",
  "atan2(F, 2)",
  "ceil(F)",
  "cos(F)",
  "cumulative_sum(F)",
  "derivative(F)",
  "derivative(F, 1m)",
  "difference(F)",
  "elapsed(F)",
  "elapsed(F, 1s)",
  "exp(F)",
  "floor(F)",
  "ln(F)",
  "log(F, 3)",
  "log2(F)",
  "log10(F)",
  "moving_average(F, 3)",
  "non_negative_derivative(F, 1s)",
  "non_negative_difference(F)",
  "pow(F, 2)",
  "round(F)",
  "sin(F)",
  "sqrt(F)",
  "tan(F)",
];

const technical = [
  "exponential_moving_average(F, 4)",
  "double_exponential_moving_average(F, 3)",
  "triple_exponential_moving_average(F, 3)",
  "triple_exponential_derivative(F, 3)",
  "relative_strength_index(F, 4)",
  "kaufmans_efficiency_ratio(F, 4)",
  "kaufmans_adaptive_moving_average(F, 4)",
  "chande_momentum_oscillator(F, 4)",
  "exponential_moving_average(F, 4, 2)",
  "relative_strength_index(F, 4, -1, 'simple')",
  "chande_momentum_oscillator(F, 4, 3, 'none')",
];

const T0 = "'2020-01-01T00:00:00Z'";
const range = `time >= ${T0} AND time < '2020-01-01T00:20:00Z'`;
const fills = ["", " fill(none)", " fill(previous)", " fill(linear)", " fill(-1)", " fill(0)"];

function machines(): string[] {
  const made: string[] = [];
  for (const field of ["usage", "idle", "state", "up"]) {
    for (const name of aggregates) {
      made.push(`SELECT ${name}(${field}) FROM cpu`);
      made.push(`SELECT ${name}(${field}) FROM cpu WHERE ${range} GROUP BY time(7m)`);
    }
    made.push(`SELECT ${field} FROM cpu WHERE host = 'alpha' LIMIT 3`);
  }
  for (const call of [...transformations, ...technical]) {
    for (const field of ["usage", "idle"]) {
      made.push(`SELECT ${call.replace("F", field)} FROM cpu WHERE host = 'alpha'`);
    }
    const nested = call.replace("F", "mean(usage)");
    made.push(`SELECT ${nested} FROM cpu WHERE ${range} GROUP BY time(5m), host`);
  }
  for (const call of ["abs(state)", "derivative(up)", "moving_average(state, 2)", "floor(up)"]) {
    made.push(`SELECT ${call} FROM cpu`);
  }
  return [...made, ...selectors(), ...machinesByHand()];
}

function selectors(): string[] {
  return [
    "SELECT percentile(usage, 50) FROM cpu GROUP BY host",
    "SELECT percentile(usage, 99.9), host FROM cpu",
    "SELECT percentile(idle, 0) FROM cpu",
    "SELECT percentile(idle, 100) FROM cpu",
    "SELECT percentile(state, 50) FROM cpu",
    "SELECT top(usage, 3) FROM cpu",
    "SELECT top(usage, host, 2) FROM cpu",
    "SELECT top(usage, 2), host, state FROM cpu",
    `SELECT top(usage, 1) FROM cpu WHERE ${range} GROUP BY time(5m)`,
    "SELECT bottom(idle, 4) FROM cpu GROUP BY region",
    "SELECT bottom(usage, host, region, 2) FROM cpu",
    `SELECT bottom(usage, 2), up FROM cpu WHERE ${range} GROUP BY time(10m), host`,
    "SELECT max(usage), host FROM cpu",
    "SELECT min(usage), * FROM cpu",
    "SELECT first(usage), state, up FROM cpu GROUP BY host",
    "SELECT last(*) FROM cpu",
    "SELECT max(*) FROM cpu",
    "SELECT mean(*) FROM cpu GROUP BY host",
    "SELECT count(*) FROM cpu",
    "SELECT mean(/us|id/) FROM cpu",
    "SELECT count(distinct(state)) FROM cpu",
    "SELECT count(distinct state) FROM cpu GROUP BY host",
    "SELECT distinct state FROM cpu",
    "SELECT max(usage), min(usage) FROM cpu",
    `SELECT max(usage), min(idle), mean(usage) FROM cpu WHERE ${range} GROUP BY time(10m)`,
    "SELECT integral(usage, 1m) FROM cpu WHERE host = 'alpha'",
    `SELECT integral(usage) FROM cpu WHERE ${range} AND host = 'beta' GROUP BY time(10m)`,
    `SELECT holt_winters(mean(usage), 4, 3) FROM cpu WHERE ${range} GROUP BY time(2m)`,
    `SELECT holt_winters_with_fit(first(usage), 2, 0) FROM cpu WHERE ${range} GROUP BY time(2m)`,
    "SELECT sample(usage, 100) FROM cpu WHERE host = 'beta'",
    `SELECT derivative(mean(usage)) FROM cpu WHERE ${range} GROUP BY time(4m)`,
    `SELECT cumulative_sum(count(usage)) FROM cpu WHERE ${range} GROUP BY time(6m)`,
    `SELECT moving_average(max(idle), 2) FROM cpu WHERE ${range} GROUP BY time(5m) fill(0)`,
    `SELECT non_negative_derivative(last(idle), 1m) FROM cpu WHERE ${range} GROUP BY time(3m)`,
    `SELECT elapsed(first(usage), 1m) FROM cpu WHERE ${range} GROUP BY time(5m)`,
  ];
}

function machinesByHand(): string[] {
  return [
    "SELECT * FROM cpu LIMIT 4",
    "SELECT * FROM cpu GROUP BY * LIMIT 2",
    "SELECT * FROM cpu ORDER BY time DESC LIMIT 3",
    "SELECT *::field FROM cpu LIMIT 1",
    "SELECT *::tag, usage FROM cpu LIMIT 1",
    "SELECT host, region FROM cpu",
    "SELECT usage, host FROM cpu WHERE region = 'us' LIMIT 2",
    "SELECT usage AS u, idle AS i, usage FROM cpu LIMIT 2",
    "SELECT usage, usage, usage FROM cpu LIMIT 1",
    "SELECT usage + idle, usage * 2, -usage, idle / 3, idle % 7 FROM cpu LIMIT 3",
    "SELECT idle & 12, idle | 1, idle ^ 255 FROM cpu LIMIT 3",
    "SELECT up & true, up | false, up ^ true FROM cpu LIMIT 3",
    "SELECT idle FROM cpu WHERE idle & 1 = 1",
    "SELECT idle FROM cpu WHERE (idle | 7) = 207 OR idle ^ 255 > 1000",
    "SELECT usage & 1 FROM cpu",
    "SELECT idle / 0, usage / 0 FROM cpu LIMIT 2",
    "SELECT usage + state FROM cpu LIMIT 2",
    "SELECT mean(usage) * 2 + max(idle) FROM cpu",
    "SELECT (max(usage) - min(usage)) / count(usage) AS r FROM cpu GROUP BY host",
    `SELECT mean(usage) + 1, count(idle) FROM cpu WHERE ${range} GROUP BY time(10m), region`,
    "SELECT usage::integer, idle::float, idle::string, state::string FROM cpu LIMIT 2",
    "SELECT usage::boolean, state::float FROM cpu LIMIT 2",
    "SELECT host::tag, usage::field FROM cpu LIMIT 2",
    "SELECT usage FROM cpu WHERE usage > 50 AND idle < 500",
    "SELECT usage FROM cpu WHERE usage > 50 OR host = 'alpha' LIMIT 5",
    "SELECT usage FROM cpu WHERE state = 'ok' AND up = true",
    "SELECT usage FROM cpu WHERE state =~ /^(ok|warn)$/ LIMIT 4",
    "SELECT usage FROM cpu WHERE state !~ /r/ LIMIT 4",
    "SELECT usage FROM cpu WHERE host =~ /^a/ LIMIT 2",
    "SELECT usage FROM cpu WHERE host !~ /^a/ AND region != 'eu' LIMIT 2",
    "SELECT usage FROM cpu WHERE host = \"alpha\"",
    "SELECT usage FROM cpu WHERE missing = 'x'",
    "SELECT usage FROM cpu WHERE missing = ''",
    "SELECT usage FROM cpu WHERE missing != ''",
    "SELECT missing FROM cpu",
    "SELECT usage, missing FROM cpu LIMIT 2",
    "SELECT mean(missing) FROM cpu",
    "SELECT usage FROM nothing",
    "SELECT usage FROM cpu WHERE usage = 'text'",
    "SELECT usage FROM cpu WHERE state > 'ok'",
    "SELECT usage FROM cpu WHERE usage + idle > 900 LIMIT 3",
    "SELECT usage FROM cpu WHERE (usage > 90 OR usage < 5) AND (host = 'alpha' OR up = false)",
    `SELECT usage FROM cpu WHERE time = ${T0}`,
    `SELECT usage FROM cpu WHERE time > ${T0} AND time <= ${T0} + 2m`,
    "SELECT usage FROM cpu WHERE time >= 1577836860000000000 AND time < 1577836980s",
    "SELECT usage FROM cpu WHERE time > '2020-01-01' AND time < '2020-01-01 00:02:30.5'",
    "SELECT usage FROM cpu WHERE time > 'yesterday'",
    "SELECT usage FROM cpu WHERE time > now() - 1h",
    "SELECT count(usage) FROM cpu WHERE time < now()",
    ...fills.map((f) => `SELECT mean(usage) FROM cpu WHERE ${range} GROUP BY time(3m), host${f}`),
    ...fills.map((f) => `SELECT count(state), last(state) FROM cpu GROUP BY host${f}`),
    `SELECT mean(usage) FROM cpu WHERE ${range} GROUP BY time(6m, 1m)`,
    `SELECT mean(usage) FROM cpu WHERE ${range} GROUP BY time(6m, -90s)`,
    `SELECT mean(usage) FROM cpu WHERE ${range} GROUP BY time(6m) ORDER BY time DESC LIMIT 2`,
    `SELECT mean(usage) FROM cpu WHERE ${range} GROUP BY time(6m) LIMIT 2 OFFSET 1`,
    `SELECT mean(usage) FROM cpu WHERE ${range} GROUP BY time(5m), * SLIMIT 1 SOFFSET 1`,
    "SELECT usage FROM cpu GROUP BY host LIMIT 1 OFFSET 2 SLIMIT 1",
    "SELECT mean(usage) FROM cpu GROUP BY /ho/",
    "SELECT mean(usage) FROM cpu GROUP BY missing",
    "SELECT mean(usage) FROM cpu GROUP BY host, missing, region",
    "SELECT mean(usage) FROM (SELECT usage FROM cpu WHERE host = 'alpha')",
    "SELECT max(m) FROM (SELECT mean(usage) AS m FROM cpu GROUP BY host)",
    `SELECT max(mean) FROM (SELECT mean(usage) FROM cpu WHERE ${range} GROUP BY time(4m), host)`,
    "SELECT host, m FROM (SELECT mean(usage) AS m FROM cpu GROUP BY host)",
    "SELECT sum(max) / count(max) FROM (SELECT max(usage) FROM cpu GROUP BY host)",
    "SELECT u FROM (SELECT usage * 2 AS u, up FROM cpu) WHERE up = true AND u > 100 LIMIT 3",
    `SELECT mean(d) FROM (SELECT derivative(usage) AS d FROM cpu GROUP BY host) WHERE ${range}`,
    "SELECT max(u) FROM (SELECT usage AS u FROM cpu ORDER BY time DESC)",
    "SELECT mean(usage) FROM cpu, cpu",
    "SELECT mean(usage) FROM /c.u/",
    "SELECT mean(usage), state FROM cpu",
    "SELECT max(usage), mean(idle), state FROM cpu",
    "SELECT foo(usage) FROM cpu",
    "SELECT mean(usage, 2) FROM cpu",
    "SELECT mean() FROM cpu",
    "SELECT mean(mean(usage)) FROM cpu",
    "SELECT derivative(mean(usage)) FROM cpu",
    "SELECT top(usage, 0) FROM cpu",
    "SELECT top(usage, 2), max(idle) FROM cpu",
    "SELECT percentile(usage) FROM cpu",
    "SELECT percentile(usage, 'x') FROM cpu",
    "SELECT moving_average(usage, 0) FROM cpu",
    "SELECT mean(usage) FROM cpu GROUP BY time(0s)",
    "SELECT mean(usage) FROM cpu GROUP BY time(1m), time(2m)",
    "SELECT usage FROM cpu GROUP BY time(1m)",
    "SELECT usage FROM cpu fill(none)",
    "SELECT time FROM cpu",
    "SELECT time, usage FROM cpu LIMIT 1",
    "SELECT mean(usage) FROM cpu GROUP BY usage",
    "SELECT usage FROM cpu ORDER BY usage",
    "SELECT usage FROM cpu LIMIT -1",
    "SELECT 1 FROM cpu",
    "SELECT usage FROM cpu; SELECT bad(usage) FROM cpu; SELECT idle FROM cpu LIMIT 1",
    "SHOW MEASUREMENTS",
    "SHOW TAG KEYS",
    "SHOW TAG KEYS FROM cpu",
    "SHOW TAG VALUES WITH KEY = host",
    "SHOW TAG VALUES FROM cpu WITH KEY IN (host, region) WHERE host = 'beta'",
    "SHOW TAG VALUES WITH KEY =~ /r.g/",
    "SHOW FIELD KEYS FROM cpu",
    "SHOW SERIES",
    "SHOW SERIES FROM cpu WHERE region = 'eu'",
    "SHOW SERIES CARDINALITY",
    "SHOW SERIES EXACT CARDINALITY",
    "SHOW RETENTION POLICIES",
    "EXPLAIN SELECT mean(usage) FROM nothing",
  ];
}

function gaps(): string[] {
  const from = `time >= ${T0} AND time < '2020-01-01T00:12:00Z'`;
  const made: string[] = [];
  for (const name of aggregates) {
    // InfluxDB gives the groups of integral() in any order.
    const group = name === "integral" ? "" : ", room";
    for (const fill of fills) {
      made.push(`SELECT ${name}(value) FROM temp WHERE ${from} GROUP BY time(2m)${group}${fill}`);
    }
    made.push(`SELECT ${name}(*) FROM temp WHERE ${from} GROUP BY time(5m)`);
  }
  for (const call of [...transformations, ...technical]) {
    made.push(`SELECT ${call.replace("F", "value")} FROM temp GROUP BY room`);
    made.push(`SELECT ${call.replace("F", "ticks")} FROM temp`);
  }
  for (const fill of fills) {
    made.push(`SELECT mean(value) + sum(ticks) FROM temp WHERE ${from} GROUP BY time(1m)${fill}`);
    made.push(`SELECT difference(max(ticks)) FROM temp WHERE ${from} GROUP BY time(2m)${fill}`);
    made.push(`SELECT last(note), first(lit) FROM temp WHERE ${from} GROUP BY time(3m)${fill}`);
    made.push(`SELECT sum(ticks) FROM temp WHERE ${from} GROUP BY time(4m) ORDER BY time DESC`);
  }
  return [
    ...made,
    "SELECT * FROM temp",
    "SELECT * FROM temp GROUP BY room",
    "SELECT value + ticks, value - 1, ticks / value FROM temp",
    "SELECT value, note FROM temp WHERE room = 'b'",
    "SELECT value FROM temp WHERE room = ''",
    "SELECT value FROM temp WHERE room != 'a'",
    "SELECT value FROM temp WHERE floor = ''",
    "SELECT value FROM temp WHERE room =~ /.*/",
    "SELECT value FROM temp WHERE room =~ /^$/",
    "SELECT lit FROM temp GROUP BY floor",
    "SELECT mean(value) FROM temp GROUP BY floor, room",
    "SELECT ticks FROM temp WHERE ticks = 9007199254740993",
    "SELECT sum(ticks), mean(ticks), max(ticks), spread(ticks) FROM temp",
    "SELECT note FROM temp WHERE note = 'cold, \"very\"'",
    "SELECT value FROM temp WHERE value = -3.5",
    "SELECT value FROM temp WHERE value != 7 AND ticks > 0",
    "SELECT mode(value), mode(ticks), mode(lit) FROM temp",
    "SELECT top(value, 3), room FROM temp",
    "SELECT top(value, room, 3) FROM temp",
    "SELECT bottom(value, room, 2), ticks FROM temp",
    "SELECT distinct(value) FROM temp GROUP BY room",
    "SELECT integral(value, 10s) FROM temp WHERE room = 'a'",
    `SELECT integral(value) FROM temp WHERE ${from} AND room = 'b' GROUP BY time(3m)`,
    "SELECT elapsed(value, 10s), difference(value) FROM temp GROUP BY room",
    "SELECT last(value), first(value) FROM temp ORDER BY time DESC",
    "SELECT count(value) FROM (SELECT value FROM temp GROUP BY room fill(none))",
    `SELECT max(value) FROM temp WHERE ${from} GROUP BY time(2m), room ORDER BY time DESC LIMIT 2`,
    "SHOW FIELD KEYS",
    "SHOW TAG VALUES WITH KEY = room LIMIT 2 OFFSET 1",
    "SHOW TAG KEYS WHERE room = 'c'",
    "SHOW SERIES WHERE room = ''",
    "SHOW SERIES LIMIT 2 OFFSET 1",
    "SHOW TAG VALUES EXACT CARDINALITY WITH KEY = room",
    "SHOW TAG KEY EXACT CARDINALITY",
    "SHOW FIELD KEY EXACT CARDINALITY",
    "SHOW MEASUREMENT EXACT CARDINALITY",
  ];
}

function names(): string[] {
  return [
    'SELECT * FROM "odd name"',
    'SELECT "field key" FROM "odd name" WHERE "tag key" = \'a,b\'',
    'SELECT "field key" FROM "odd name" GROUP BY "tag key"',
    'SELECT * FROM "weird"',
    "SELECT same FROM weird",
    "SELECT same::tag, same::field FROM weird",
    "SELECT same FROM weird WHERE same::tag = 'tag2'",
    "SELECT same FROM weird WHERE same = 1",
    "SELECT same FROM weird GROUP BY same",
    'SELECT * FROM "großes maß"',
    'SELECT "größe" FROM "großes maß" WHERE stadt = \'köln\'',
    'SELECT * FROM "slash/path"',
    "SELECT f FROM \"slash/path\" WHERE k =~ /\\/v\\//",
    'SELECT * FROM "quote\\"d"',
    "SELECT f FROM \"quote\\\"d\" WHERE k = 'it\\'s'",
    "SELECT s FROM \"quote\\\"d\" WHERE s = 'it\\'s \\\\ back'",
    'SELECT "limit" FROM "select" WHERE "from" = \'where\'',
    "SELECT * FROM /.*/ LIMIT 1",
    "SHOW MEASUREMENTS",
    "SHOW MEASUREMENTS WITH MEASUREMENT =~ /e/",
    "SHOW MEASUREMENTS WHERE k = '/v/'",
    "SHOW MEASUREMENTS LIMIT 2 OFFSET 1",
    "SHOW SERIES",
    "SHOW TAG KEYS",
    "SHOW FIELD KEYS",
    'SHOW TAG VALUES WITH KEY = "tag key"',
    "SHOW TAG VALUES WITH KEY != k",
    "SHOW TAG VALUES WITH KEY !~ /k/",
  ];
}

function limits(): string[] {
  const made = aggregates.flatMap((name) => [
    `SELECT ${name}(int) FROM ends`,
    `SELECT ${name}(float) FROM ends`,
    `SELECT ${name}(v) FROM wide WHERE k = 'a'`,
  ]);
  return [
    ...made,
    "SELECT * FROM ends",
    "SELECT int + 1, int - 1, int * 2, int / 2 FROM ends",
    "SELECT float * 10, -float FROM ends",
    "SELECT int FROM ends WHERE int > 9223372036854775806",
    "SELECT int FROM ends WHERE int = -9223372036854775808",
    "SELECT difference(int), cumulative_sum(int) FROM ends",
    "SELECT * FROM wide",
    "SELECT * FROM wide ORDER BY time DESC",
    "SELECT count(v) FROM wide WHERE time > '1970-01-01' GROUP BY time(1000d)",
    `SELECT sum(v) FROM wide WHERE time >= ${T0} - 4d AND time < ${T0} + 10d GROUP BY time(1w)`,
    `SELECT sum(v) FROM wide WHERE time >= ${T0} AND time < ${T0} + 10d GROUP BY time(3d, 12h)`,
    "SELECT derivative(v, 1d) FROM wide",
    "SELECT first(v), last(v) FROM wide GROUP BY *",
  ];
}

function waves(): string[] {
  const days = "time >= '2020-03-28T00:00:00Z' AND time < '2020-04-01T00:00:00Z'";
  const zone = "tz('Europe/Paris')";
  return [
    `SELECT mean(height), count(height) FROM wave WHERE ${days} GROUP BY time(1d)`,
    `SELECT mean(height), count(height) FROM wave WHERE ${days} GROUP BY time(1d) ${zone}`,
    `SELECT count(height) FROM wave WHERE ${days} GROUP BY time(12h) ${zone}`,
    `SELECT count(height) FROM wave WHERE ${days} GROUP BY time(1d, 6h) ${zone}`,
    `SELECT first(height) FROM wave WHERE ${days} GROUP BY time(6h) LIMIT 8 ${zone}`,
    `SELECT height FROM wave WHERE time >= '2020-03-29' AND time < '2020-03-30' LIMIT 3 ${zone}`,
    `SELECT max(height) FROM wave WHERE ${days} GROUP BY time(1d) tz('America/New_York')`,
    `SELECT max(height) FROM wave WHERE ${days} GROUP BY time(1d) tz('Mars/Olympus')`,
    `SELECT non_negative_derivative(count, 1h) FROM wave WHERE ${days} LIMIT 30`,
    `SELECT non_negative_difference(last(count)) FROM wave WHERE ${days} GROUP BY time(5h)`,
    `SELECT holt_winters(mean(height), 6, 4) FROM wave WHERE ${days} GROUP BY time(6h)`,
    `SELECT holt_winters_with_fit(mean(height), 2, 4) FROM wave WHERE ${days} GROUP BY time(6h)`,
    `SELECT moving_average(mean(height), 4) FROM wave WHERE ${days} GROUP BY time(6h)`,
    `SELECT triple_exponential_derivative(height, 5) FROM wave WHERE ${days} LIMIT 20`,
    `SELECT kaufmans_efficiency_ratio(mean(height), 3) FROM wave WHERE ${days} GROUP BY time(4h)`,
    `SELECT percentile(height, 90), min(height) FROM wave WHERE ${days} GROUP BY time(1d)`,
    `SELECT stddev(height), spread(count), mode(count) FROM wave WHERE ${days} GROUP BY time(1d)`,
    `SELECT top(height, 2) FROM wave WHERE ${days} GROUP BY time(2d)`,
    `SELECT count(distinct(count)) FROM wave WHERE ${days} GROUP BY time(36h)`,
    `SELECT integral(height, 1h) FROM wave WHERE ${days} GROUP BY time(1d)`,
  ];
}

/** All questions of a data set, each once; those that change something as often as they come. */
export function questionsAbout(dataset: DatasetName): readonly string[] {
  if (dataset === "changes") return changes();
  const more = dataset === "machines" || dataset === "gaps" ? selections(dataset) : [];
  return [...new Set([...{ machines, gaps, names, limits, waves }[dataset](), ...more])];
}
