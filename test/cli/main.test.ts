import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, COMMAND, shell, started } from '../support/built-command.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { COMMANDS } from '../support/run-cairn.ts';

const at = directoryPerTest();

beforeAll(buildCommand, 120_000);

const lines = Array.from(
  { length: 50_000 },
  (_, i) => `key ${String(i).padStart(6, '0')}\t${'value '.repeat(8)}${i}\n`,
).join('');

describe('the command as a process', () => {
  it('can be run by its name', () => {
    expect(readFileSync(COMMAND, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('imports from a pipe, answers, and exits', () => {
    const line = `printf 'apple\\tred\\nbanana\\tyellow\\n' | cairn import ${at('fruit')} && cairn get ${at('fruit')} banana`;
    const outcome = shell(line);
    expect(outcome).toMatchObject({ code: 0, out: 'yellow\n' });
    expect(outcome.err).toMatch(/^imported 2 entries, \d+ B in 1 partition(?:, [\d,]+ entries\/s)?\n$/);
    expect(shell(`cairn get ${at('fruit')} kiwi`)).toMatchObject({ code: 1, out: '' });
    expect(shell(`cairn get ${at('nothing')} kiwi`)).toMatchObject({ code: 5, out: '' });
    expect(shell(`cairn set ${at('c')} kiwi green -q && cairn get ${at('c')} kiwi`)).toMatchObject({
      code: 0,
      out: 'green\n',
    });
    expect(shell('cairn frobnicate')).toMatchObject({ code: 2, out: '' });
  });

  it.each([
    ['--help', 40],
    ['help import', 40],
    ['get fruit apple', 250],
  ])('%s loads neither a parser of formats nor what few stores need', (line, most) => {
    const fruit = at('fruit');
    shell(`printf 'apple\\tred\\n' | cairn import ${fruit} -q`);
    const { code } = shell(`NODE_V8_COVERAGE=${at('loaded')} cairn ${line.replace('fruit', fruit)}`);
    expect(code).toBe(0);
    const [report] = readdirSync(at('loaded'));
    const { result } = JSON.parse(readFileSync(`${at('loaded')}/${report}`, 'utf8'));
    const loaded = result
      .map(({ url }: { url: string }) => url)
      .filter((url: string) => url.startsWith('file:'));
    expect(loaded.join()).toContain('cairn/main.cjs');
    expect(loaded.length).toBeLessThan(most);
    const late = /stream-json|stream-chain|temporal-polyfill|zstd|fflate|aws4fetch|collection/;
    const others = COMMANDS.filter((name) => name !== 'get').join('|');
    const command = new RegExp(`/cli/(?:.*/)?(?:${others})\\.js$`);
    expect(loaded.filter((url: string) => late.test(url) || command.test(url))).toEqual([]);
  });

  it('ends quietly when its reader leaves', () => {
    writeFileSync(at('in'), lines);
    shell(`cairn import ${at('big')} -q -f ${at('in')}`);
    for (const command of ['scan', 'export', 'export --format jsonl', 'scan --keys']) {
      const outcome = shell(`set -o pipefail; cairn ${command} ${at('big')} | head -n 1`);
      expect(outcome).toMatchObject({ code: 0, err: '' });
      expect(outcome.out).toMatch(/^[^\n]*key 000000[^\n]*\n$/);
    }
    shell(`cairn produce ${at('log')} -q -f ${at('in')}`);
    expect(shell(`set -o pipefail; cairn consume ${at('log')} | head -n 1`)).toMatchObject({
      code: 0,
      err: '',
    });
    expect(shell('set -o pipefail; cairn --help | true')).toMatchObject({ code: 0, err: '' });
  });

  it('does its work, and ends with the code of that, when its reader leaves', () => {
    writeFileSync(at('in'), lines);
    for (const command of ['import', 'produce']) {
      const outcome = shell(`set -o pipefail; cairn ${command} ${at(command)} -v -f ${at('in')} | head -n 1`);
      expect(outcome).toMatchObject({
        code: 0,
        err: expect.stringMatching(/^(?:imported|produced) 50,000 /),
      });
      expect(shell(`cairn count ${at(command)}`).out).toBe('50000\n');
    }
    shell(`sed s/value/other/ ${at('in')} | cairn import ${at('other')} -q`);
    const diff = shell(`cairn diff ${at('import')} ${at('other')} | head -n 1; exit \${PIPESTATUS[0]}`);
    expect(diff).toMatchObject({ code: 1, out: expect.stringMatching(/^~ key 000000\t/), err: '' });
    expect(
      shell(`cairn get ${at('import')} nosuch 'key 000001' | head -n 0; exit \${PIPESTATUS[0]}`).code,
    ).toBe(1);
  });

  it('says that the disk behind its output is full', () => {
    shell(`printf 'a\\t1\\n' | cairn import ${at('store')} -q`);
    const outcome = shell(`cairn get ${at('store')} a > /dev/full`);
    expect(outcome.code).toBe(4);
    expect(outcome.err).toMatch(/^cairn: write of standard output failed: ENOSPC[^\n]*\n$/);
  });

  it('does not wait for an input that it refuses', async () => {
    // Nobody ends the input.
    const outcome = await started(['import', at('store')], (child) => child.stdin?.write('b\t1\na\t2\n'));
    expect(outcome.code).toBe(2);
    expect(outcome.err).toMatch(/^cairn: standard input, line 2: [^\n]*\n$/);
    expect(existsSync(at('store'))).toBe(false);
  });

  it.each(['', '--sort --sort-bytes 64k'])(
    'leaves nothing in the way of a second run when killed %s',
    async (options) => {
      writeFileSync(at('in'), lines);
      const argv = ['import', at('store'), ...options.split(' ').filter((one) => one !== '')];
      const killed = await started(argv, (child) => {
        child.stdin?.on('error', () => undefined);
        child.stdin?.write(lines);
        const poll = setInterval(() => {
          if (!existsSync(at('store/data')) || readdirSync(at('store/data')).length === 0) return;
          clearInterval(poll);
          child.kill('SIGKILL');
        }, 5);
      });
      expect(killed).toMatchObject({ code: null, signal: 'SIGKILL' });
      expect(shell(`cairn get ${at('store')} x`)).toMatchObject({ code: 5 });
      expect(shell(`cairn ${argv.join(' ')} -f ${at('in')}`)).toMatchObject({ code: 0, out: '' });
      expect(shell(`cairn count ${at('store')}`).out).toBe('50000\n');
    },
  );

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('leaves nothing after %s', async (signal, code) => {
    const outcome = await started(['import', at('store')], (child) => {
      child.stdin?.on('error', () => undefined);
      child.stdin?.write(lines);
      // When the store's directory is there the import is under way.
      const poll = setInterval(() => {
        if (!existsSync(at('store/data'))) return;
        clearInterval(poll);
        child.kill(signal);
      }, 5);
    });
    expect(outcome).toMatchObject({ code, out: '', err: 'cairn: interrupted\n' });
    expect(existsSync(at('store'))).toBe(false);
  });
});

// Only root may mount: elsewhere full-disk.test.ts stands in for this, with a storage that is full.
const mountable = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt']).status === 0;
if (mountable) spawnSync('umount', ['/mnt']);

describe.skipIf(!mountable)('on a small disk (needs the right to mount a tmpfs)', () => {
  let disk = '';

  beforeAll(() => {
    disk = `${process.env.TMPDIR ?? '/tmp'}/cairn-small-disk-${process.pid}`;
    mkdirSync(disk);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  });

  afterAll(() => {
    spawnSync('umount', [disk]);
    spawnSync('rmdir', [disk]);
  });

  it('an import ends with 4, says so, and leaves nothing', () => {
    writeFileSync(at('in'), lines);
    const outcome = shell(`cairn import ${disk}/store -f ${at('in')}`);
    expect(outcome).toMatchObject({ code: 4, out: '' });
    expect(outcome.err).toMatch(/^cairn: write of [^\n]* failed: ENOSPC[^\n]*The disk is full[^\n]*\n$/);
    expect(readdirSync(disk)).toEqual([]);
  });

  it('an export ends with 4, says so, and leaves nothing', () => {
    writeFileSync(at('in'), lines);
    shell(`cairn import ${at('store')} -q -f ${at('in')}`);
    const outcome = shell(`cairn export ${at('store')} -o ${disk}/out`);
    expect(outcome).toMatchObject({ code: 4, out: '' });
    expect(outcome.err).toMatch(/^cairn: write of [^\n]*\/out failed: ENOSPC[^\n]*\n$/);
    expect(readdirSync(disk)).toEqual([]);
  });
});
