import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { COMMANDS, cairn, GROUPED_COMMANDS, must } from '../support/run-cairn.ts';

const at = directoryPerTest();

describe('cairn', () => {
  it('lists its commands and exit codes', async () => {
    const { out } = await must(['--help']);
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(out).toContain('Exit codes:');
    expect((await must(['help'])).out).toBe(out);
  });

  it.each(COMMANDS)('%s has help with an example', async (command) => {
    const { out } = await must([command, '--help']);
    expect(out).toMatch(new RegExp(`^Usage: cairn ${command} `));
    expect(out).toMatch(/^Examples:\n {2}\$ .*cairn/m);
    expect((await must(['help', command])).out).toBe(out);
  });

  it.each(GROUPED_COMMANDS)('%s has help with an example', async (command) => {
    const [group, name] = command.split(' ');
    const { out } = await must([group, name, '--help']);
    expect(out).toMatch(new RegExp(`^Usage: cairn ${command} `));
    expect(out).toMatch(/^Examples:\n {2}\$ .*cairn/m);
    expect((await must([group, 'help', name])).out).toBe(out);
    const { out: help } = await must([group, '--help']);
    expect(help).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect((await must(['help', group])).out).toBe(help);
    expect((await must(['--help'])).out).toMatch(new RegExp(`^  ${group} `, 'm'));
    expect(await cairn([group])).toMatchObject({ code: 2, err: help });
  });

  it.each(COMMANDS)('%s has a short help, with one example and a clause for each option', async (command) => {
    const [brief, long] = [await must([command, '-h']), await must([command, '--help'])];
    expect(brief.out).toMatch(new RegExp(`^Usage: cairn ${command} `));
    expect(brief.out.match(/^ {2}\$ /gm)?.length).toBe(1);
    expect(brief.out).toMatch(/\nMore: --help\n+$/);
    expect(brief.out.length).toBeLessThanOrEqual(long.out.length + 20);
  });

  it('groups its commands, and the options of those that have many', async () => {
    const { out } = await must(['--help']);
    for (const group of ['Make and copy:', 'Read:', 'Look after:', 'Collections:', 'Logs and jobs:'])
      expect(out).toContain(`\n${group}\n`);
    expect((await must(['-h'])).out).not.toContain('Exit codes:');
    const { out: help } = await must(['import', '--help']);
    for (const group of ['Format:', 'Input:', 'Target:', 'Store:', 'Order:', 'Refusals:'])
      expect(help).toContain(`\n${group}\n`);
  });

  it('takes log: in front of a store, wherever one is named', async () => {
    const log = at('log');
    await must(['produce', `log:${log}`, '-q'], { stdin: 'a\nb\n' });
    expect((await must(['info', `log:${log}`])).out).toContain('entries');
    expect((await must(['verify', `log:${log}`])).out).toMatch(/^ok: 2 entries/);
    expect((await must(['count', `log:${log}`])).out).toBe('2\n');
    await must(['copy', `log:${log}`, `log:${at('copy')}`, '-q']);
    await must(['produce', `log:${log}`, '-q', '--replace'], { stdin: 'c\n' });
    expect((await must(['consume', log])).out).toBe('c\n');
    await must(['rename', `log:${at('copy')}`, `log:${log}`, '--replace']);
    expect((await must(['consume', `log:${log}`])).out).toBe('a\nb\n');
    await must(['delete', `log:${log}`]);
    expect((await cairn(['info', log])).code).toBe(5);
  });

  it('is installed as cairn, and as cairnkv, which npx finds by the name of the package', () => {
    const { name, bin } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(Object.keys(bin)).toEqual(['cairn', name]);
    expect(bin[name]).toBe(bin.cairn);
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await must(['--version'])).out).toBe(`${version}\n`);
  });

  it('prints its help as an error when there is no command', async () => {
    expect(await cairn([])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('Commands:') });
  });

  it.each([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['imprt', 'x'], 'Did you mean import?'],
    [['job', 'plam', 'x'], 'Did you mean plan?'],
    [['job', 'task', 'x'], '--job is missing'],
    [['get'], "missing required argument 'store'"],
    [['get', 'x'], 'name the keys to look up, or a file of keys with -f'],
    [['help', 'nope'], "unknown command 'nope'"],
    [['info', 'x', 'y'], 'too many arguments'],
    [['scan', 'x', '--prefx', 'y'], 'Did you mean --prefix?'],
    [['scan', 'x', '--prefix'], "option '--prefix <key>' argument missing"],
    [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish, powershell.'],
    [['get', 'nosuchscheme://x', 'y'], 'there are no stores of the scheme nosuchscheme:'],
    [['get', '', 'y'], 'uri must be a non-empty path or URI'],
  ])('refuses %j with one line', async (argv, message) => {
    const { code, out, err } = await cairn(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^cairn: [^\n]+\n$/);
    expect(err).toContain(message);
  });
});
