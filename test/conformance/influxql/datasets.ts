/**
 * Small data sets that the InfluxQL cases ask about: what a set has is what makes its questions
 * interesting. Times are nanoseconds; 1577836800 is 2020-01-01T00:00:00Z.
 */

const start = 1_577_836_800;

function line(series: string, fields: string, second: number): string {
  return `${series} ${fields} ${start + second}000000000`;
}

/** Numbers that look random and are the same everywhere: a linear congruential generator. */
function* digits(seed: number): Generator<number> {
  let state = seed;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state % 1000;
  }
}

/** Two machines, every minute for 20 minutes; floats, integers, strings and booleans. */
function machines(): string[] {
  const random = digits(7);
  const next = (): number => random.next().value as number;
  const lines: string[] = [];
  for (let minute = 0; minute < 20; minute++) {
    for (const [host, region] of [
      ["alpha", "eu"],
      ["beta", "us"],
    ]) {
      const usage = (next() / 10).toFixed(1);
      const state = ["ok", "warn", "crit"][next() % 3] ?? "";
      const fields = `usage=${usage},idle=${next()}i,state="${state}",up=${next() % 2 === 0}`;
      lines.push(line(`cpu,host=${host},region=${region}`, fields, minute * 60));
    }
  }
  return lines;
}

/** Points at uneven times, fields that are missing here and there, negative and equal values. */
function gaps(): string[] {
  return [
    line("temp,room=a", "value=1", 0),
    line("temp,room=a", "value=3.5,ticks=4i", 70),
    line("temp,room=a", "ticks=-2i", 100),
    line("temp,room=a", "value=-3.5", 185),
    line("temp,room=a", "value=-3.5,ticks=9i", 250),
    line("temp,room=a", "value=0", 600),
    line("temp,room=b", "value=7,ticks=4i", 30),
    line("temp,room=b", "value=7,ticks=1i", 70),
    line("temp,room=b", 'note="cold, \\"very\\""', 71),
    line("temp,room=b", "value=1e3,ticks=9007199254740993i", 610),
    line("temp", "value=2.25", 70),
    line("temp,room=c,floor=1", "lit=true", 400),
    line("temp,room=c,floor=2", "lit=false,value=5", 401),
  ];
}

/** Names and values that need quoting, and a tag and a field of one name. */
function names(): string[] {
  return [
    line("odd\\ name,tag\\ key=a\\,b,plain=x", "field\\ key=1,other=2i", 0),
    line("odd\\ name,tag\\ key=c\\=d", "field\\ key=2", 10),
    line("weird,same=tag", "same=1", 0),
    line("weird,same=tag2", "same=2", 10),
    line("großes\\ maß,stadt=köln", 'größe=3,text="日本語 <&>"', 0),
    line("slash/path,k=/v/", "f=1", 0),
    line("quote\"d,k=it's", 'f=1,s="it\'s \\\\ back"', 0),
    line("select,from=where", "limit=1", 0),
  ];
}

/** Values at the ends of their types. */
function limits(): string[] {
  return [
    line("ends", "int=9223372036854775807i,float=1.7976931348623157e308", 0),
    line("ends", "int=-9223372036854775808i,float=-1e-300", 10),
    line("ends", "int=9007199254740993i,float=123456789012345680", 20),
    line("ends", "int=-1i,float=1e21", 30),
    line("ends", "int=0i,float=0.000001", 40),
    line("ends", "int=3i,float=1e-7", 50),
    line("wide,k=a", "v=1", -86_400 * 365 * 40),
    line("wide,k=a", "v=2", -86_400 * 3),
    line("wide,k=a", "v=3", 0),
    line("wide,k=a", "v=4", 86_400 * 9),
    line("wide,k=b", "v=5", 86_400 * 9 + 1),
  ];
}

/** A counter that is reset, and a daily wave over the change to summer time in Paris. */
function waves(): string[] {
  const lines: string[] = [];
  for (let hour = 0; hour < 24 * 4; hour++) {
    // 2020-03-28T00:00:00Z; the clocks change on the 29th at 01:00Z.
    const second = 86_400 * 87 + hour * 3600;
    const value = (Math.sin(hour / 4) * 10 + (hour % 7)).toFixed(3);
    lines.push(line("wave,site=p", `height=${value},count=${hour % 20}i`, second));
  }
  return lines;
}

/** Few points, which statements copy and remove. */
function changes(): string[] {
  return [
    line("load,host=a,zone=x", 'value=1.5,whole=3i,text="one",flag=true', 0),
    line("load,host=a,zone=x", "value=2.5,whole=2i", 60),
    line("load,host=b,zone=y", 'value=4,text="two"', 61),
    line("load,host=b,zone=y", "value=8,flag=false", 120),
    line("load,host=c", "value=16", 180),
    line("disk,host=a", "used=7i,value=3", 60),
    line("disk,host=d", "used=9i", 120),
  ];
}

export const datasets = {
  machines: machines(),
  gaps: gaps(),
  names: names(),
  limits: limits(),
  waves: waves(),
  changes: changes(),
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type DatasetName = keyof typeof datasets;
