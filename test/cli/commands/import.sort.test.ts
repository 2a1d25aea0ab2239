import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { refusedImport } from '../../support/refused-import.ts';
import { must } from '../../support/run-cairn.ts';
import { entriesOf } from '../../support/store-entries.ts';

const at = directoryPerTest();
let store = '';

beforeEach(() => {
  store = at('store');
});

const refused = (argv: readonly string[], stdin?: string | Uint8Array | Readable): Promise<string> =>
  refusedImport(store, argv, stdin);
describe('cairn import --sort', () => {
  const stdin = 'c\t3\na\t1\nb\t2\na\t4\n';

  it('takes any order, and one of equal keys', async () => {
    expect(await refused(['import', store], stdin)).toContain('Let the command sort with --sort');
    expect(await refused(['import', store, '--sort'], stdin)).toContain(
      'the key "a" stands in the input more than once. Keys are unique: say which entry stays with --on-duplicate',
    );
    const { err } = await must(['import', store, '--sort', '--on-duplicate', 'last'], { stdin });
    expect(err).toContain('1 entry with an equal key left out');
    expect(await entriesOf(store)).toEqual([
      ['a', '4'],
      ['b', '2'],
      ['c', '3'],
    ]);
  });

  it('takes the first of equal keys that follow each other, unsorted or not', async () => {
    const equal = 'a\t1\na\t2\nb\t3\n';
    expect(await refused(['import', store], equal)).toContain('--on-duplicate first or last');
    await must(['import', store, '--on-duplicate', 'first'], { stdin: equal });
    expect(await entriesOf(store)).toEqual([
      ['a', '1'],
      ['b', '3'],
    ]);
  });

  it('sorts beyond its memory, in a directory of choice, and says what it is doing', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => `${(i * 7919) % 5000}\t${'x'.repeat(30)}\n`);
    let time = 0;
    const now = (): number => (time += 200);
    const options = ['--sort', '--sort-bytes', '64k', '--sort-directory', at('.')];
    const { err } = await must(['import', store, ...options], {
      stdin: Readable.from(rows.map((row) => Buffer.from(row))),
      terminal: true,
      now,
    });
    expect(err).toMatch(/\rreading [\d,]+ entries, [\d,]+\/s/);
    expect(err).toMatch(/\rsorting \[#*\.*\] \d+ % [\d,]+ entries, [\d,]+\/s/);
    expect((await entriesOf(store)).map(([key]) => key)).toEqual(
      Array.from({ length: 5000 }, (_, i) => `${i}`).sort(),
    );
  });

  it('belongs together', async () => {
    expect(await refused(['import', store, '--sort-bytes', '1m'])).toContain('belong to --sort');
    expect(await refused(['import', store, '--strict', '--skip-invalid'])).toContain('contradict each other');
    expect(await refused(['import', store, '--verbose', '--json'])).toContain(
      'both write to standard output',
    );
    expect(await refused(['import', store, '-f', '-', '-f', '-'])).toContain(
      'standard input can be read once',
    );
    expect(await refused(['import', store, '--skip-lines', '('])).toContain('Write a regular expression.');
    expect(await refused(['import', store, '--key-format', 'ip', '--key-encoding', 'utf8'])).toContain(
      'is for keys that are bytes',
    );
  });
});
