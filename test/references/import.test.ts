import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import {
  endsInReturns,
  expectedOutcome,
  hasBareReturns,
  importCase,
  type Reading,
  readByCsvParse,
  textOf,
} from '../property/import-dialects.ts';
import { jsonLinesCase } from '../property/import-json-lines.ts';
import { importOutcome } from '../support/import-outcome.ts';

// `FUZZ_MINUTES=10 FUZZ_SEED=7 npm run fuzz:import`: a difference ends it, and names the seed that makes it again.
const minutes = Number(process.env.FUZZ_MINUTES ?? 1);
const firstSeed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000_000);

const readers = spawn('python3', [fileURLToPath(new URL('./readers.py', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const answers = createInterface({ input: readers.stdout })[Symbol.asyncIterator]();
afterAll(() => readers.kill());

/** What another reader reads. */
async function readBy(
  reader: 'csv' | 'sqlite' | 'json' | 'jq',
  bytes: Uint8Array,
  ...options: unknown[]
): Promise<unknown> {
  const request = { reader, bytes: Buffer.from(bytes).toString('base64'), arguments: options };
  readers.stdin.write(`${JSON.stringify(request)}\n`);
  const { value, done } = await answers.next();
  if (done === true) throw new Error('the readers have ended');
  return JSON.parse(value);
}

const tally = new Map<string, number>();
function count(what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}

async function compareCsv(seed: number): Promise<void> {
  const one = importCase(seed);
  const { bytes, delimiter, quote, options } = one;
  const text = textOf(one);
  const outcome = await importOutcome(bytes, options);
  const shown = `seed ${seed}: ${JSON.stringify(options)} ${JSON.stringify(text)}`;
  if (text === undefined) {
    expect(outcome, shown).toHaveProperty('refused');
    count('not UTF-8');
    return;
  }
  const compare = (name: string, rows: Reading): void => {
    const expected = expectedOutcome(one, text, rows);
    const why = `${name}, ${shown}\n${JSON.stringify(outcome)}\n${JSON.stringify(expected)}`;
    if ('refused' in expected) expect(outcome, why).toHaveProperty('refused');
    else expect(outcome, why).toEqual(expected);
    count(`${name}: ${'refused' in expected ? 'refused' : 'read'}`);
  };
  compare('csv-parse', readByCsvParse(one, text));
  // Python ends rows at every carriage return.
  if (hasBareReturns(text, quote)) return;
  const refusedQuote = 'refused' in outcome && outcome.refused.includes('a quote stands within a cell');
  // It takes such quotes for text.
  if (!refusedQuote) compare('Python', (await readBy('csv', bytes, delimiter, quote)) as Reading);
  // SQLite fills and cuts rows, repairs quotes, and ends texts at NUL: only files without any of that are comparable.
  if ('refused' in outcome || quote !== '"' || endsInReturns(text, quote) || text.includes('\0')) return;
  const rows = readByCsvParse(one, text);
  const columns = one.columns?.length ?? ('refused' in rows ? 0 : (rows[0]?.length ?? 0));
  if (columns > 0) compare('SQLite', (await readBy('sqlite', bytes, delimiter, columns)) as Reading);
}

async function compareJsonLines(seed: number): Promise<void> {
  const bytes = jsonLinesCase(seed);
  const outcome = await importOutcome(bytes, ['--format', 'jsonl', '--sort', '--on-duplicate', 'first']);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    expect(outcome).toHaveProperty('refused');
    count('not UTF-8');
    return;
  }
  const shown = `seed ${seed}: ${JSON.stringify(text)}\n${JSON.stringify(outcome)}`;
  const expected = (await readBy('json', bytes)) as [string, unknown][] | { refused: string };
  if ('refused' in expected) {
    expect(outcome, `Python, ${shown}\n${expected.refused}`).toHaveProperty('refused');
    count('Python (JSON): refused');
    return;
  }
  const byKey = (entries: readonly [string, unknown][]): Map<string, unknown> =>
    new Map([...entries].reverse().map(([key, value]) => [key, value]));
  if (!('entries' in outcome)) throw new Error(`Python reads it, ${shown}`);
  const read = new Map(outcome.entries.map(([key, value]): [string, unknown] => [key, JSON.parse(value)]));
  expect(read, `Python, ${shown}`).toEqual(byKey(expected));
  count('Python (JSON): read');
  const byJq = (await readBy('jq', bytes)) as [string, unknown][];
  expect(byJq, `jq, ${shown}`).toBeInstanceOf(Array);
  expect(read, `jq, ${shown}`).toEqual(byKey(byJq));
  count('jq: read');
}

it('cairn import reads what other readers read', async () => {
  process.stdout.write(`seed ${firstSeed}\n`);
  const until = performance.now() + minutes * 60_000;
  for (let seed = firstSeed; performance.now() < until; seed++) {
    await compareCsv(seed);
    await compareJsonLines(seed);
  }
  for (const [what, times] of tally) process.stdout.write(`${what} ${times}\n`);
});
