import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { formatWithOptions } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { allExamples, docExamples, type Example, markdownExamples, promisesOf } from './examples.ts';
import { REPOSITORY } from './source-files.ts';

const directory = temporaryDirectory();
const home = process.cwd();
let number = 0;

beforeEach(() => {
  // A fresh library for each: examples may use the same names in memory. A fresh directory, too.
  vi.resetModules();
  const own = `${directory}/${number++}`;
  mkdirSync(own);
  process.chdir(own);
});
afterEach(() => {
  process.chdir(home);
  vi.restoreAllMocks();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ENTRIES: Readonly<Record<string, string>> = {
  cairnkv: 'src/node/index.ts',
  'cairnkv/azure': 'src/io/azure/index.ts',
  'cairnkv/inspect': 'src/inspect/index.ts',
  'cairnkv/batch': 'src/node/batch.ts',
  'cairnkv/collection': 'src/node/collection.ts',
  'cairnkv/level': 'src/node/level.ts',
  'cairnkv/log': 'src/node/log.ts',
  'cairnkv/namespace': 'src/node/namespace.ts',
  'cairnkv/s3': 'src/io/s3/index.ts',
  'cairnkv/server': 'src/node/server.ts',
  'cairnkv/storage': 'src/io/index.ts',
  'cairnkv/storage/conformance': 'src/io/conformance/index.ts',
  'cairnkv/table': 'src/node/table.ts',
  'cairnkv/text': 'src/text/index.ts',
};

/** Runs an example as a module of its own; what it printed. */
async function run({ code }: Example): Promise<string[]> {
  const file = `${process.cwd()}/example-${number++}.ts`;
  const linked = code.replace(
    /((?:from|import)\s+)(['"])(cairnkv(?:\/\w+)*)\2/g,
    (whole, from: string, quote: string, name: string) =>
      ENTRIES[name] === undefined ? whole : `${from}${quote}${REPOSITORY}${ENTRIES[name]}${quote}`,
  );
  writeFileSync(file, `${linked}\nexport {};\n`);
  const printed: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((...args: unknown[]) => {
    printed.push(formatWithOptions({ colors: false, breakLength: 1000 }, ...args));
  });
  await import(/* @vite-ignore */ file);
  return printed;
}

/** A line as far as an example need say it: white space, which may be written out, doesn't count. */
function essence(line: string): string {
  return line
    .replace(/\\u([0-9A-Fa-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\bTAB\b|\bNEWLINE\b|\s/g, '');
}

describe('examples', () => {
  const examples = allExamples();

  it('are found in the README and in the sources', () => {
    expect(existsSync(`${REPOSITORY}README.md`)).toBe(true);
    expect(examples.filter(({ where }) => where.startsWith('README')).length).toBeGreaterThan(0);
    expect(examples.filter(({ where }) => where.startsWith('src/')).length).toBeGreaterThan(4);
  });

  for (const example of examples) {
    it(`${example.where} runs, and prints what it says`, async () => {
      const printed = await run(example);
      const lines = printed.map(essence);
      let from = 0;
      for (const promise of promisesOf(example.code)) {
        const at = lines.indexOf(essence(promise), from);
        expect(at, `"${promise}" among ${JSON.stringify(printed.slice(from))}`).toBeGreaterThanOrEqual(0);
        from = at + 1;
      }
    });
  }

  it('that print something else, or fail, are noticed', async () => {
    const wrong = {
      where: 'here',
      code: "import { compareKeys } from 'cairnkv';\nconsole.log(typeof compareKeys, 1); // function 2\n",
    };
    expect(await run(wrong)).toEqual(['function 1']);
    expect(promisesOf(wrong.code)).toEqual(['function 2']);
    await expect(run({ where: 'here', code: "throw new Error('from the example');" })).rejects.toThrow();
  });
});

describe('the extraction of examples', () => {
  it('finds the blocks of Markdown and of comments', () => {
    const fence = '```';
    const text = `text\n${fence}ts\nconst a = 1;\n${fence}\n${fence}sh\nls\n${fence}\n${fence}ts\nconst b = 2;\n${fence}\n`;
    expect(markdownExamples(text, 'x.md')).toEqual([
      { where: 'x.md:2', code: 'const a = 1;\n' },
      { where: 'x.md:8', code: 'const b = 2;\n' },
    ]);
    const source = `/**\n * Words.\n *\n * @example\n * ${fence}ts\n * const c = {\n *   d: 1,\n * };\n * ${fence}\n */\nexport const e = 1;\n/** ${fence}ts none ${fence} */\n`;
    expect(docExamples(source, 'y.ts')).toEqual([{ where: 'y.ts:1', code: 'const c = {\n  d: 1,\n};\n' }]);
  });
});
