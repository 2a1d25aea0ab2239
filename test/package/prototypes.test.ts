import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildCommand } from '../support/built-command.ts';
import { REPOSITORY } from './source-files.ts';

/** Reads and prints what was written, after a line that changes Object.prototype for the whole process. */
function program(change: string): string {
  return `
    import { createStore, isCairnError, openStore, verifyStore } from 'cairnkv';
    const value = { toString: 'x', secret: 's', y: 1 };
    for (const valueEncoding of ['msgpack', 'json', 'typed'])
      await createStore('memory:' + valueEncoding, { valueEncoding }).put('a', value).close();
    ${change};
    for (const valueEncoding of ['msgpack', 'json', 'typed']) {
      const store = await openStore('memory:' + valueEncoding);
      console.log(JSON.stringify(Object.entries(await store.get('a'))), (await verifyStore('memory:' + valueEncoding)).ok);
    }
    const failure = await openStore('memory:nothing').catch((error) => error);
    console.log(failure.name, isCairnError(failure, 'NOT_FOUND'));`;
}

describe('a process in which Object.prototype is unusual', () => {
  beforeAll(buildCommand, 180_000);

  it.each([
    ['has another member', 'Object.prototype.extra = 1'],
    ['has a setter', "Object.defineProperty(Object.prototype, 'secret', { set() {}, configurable: true })"],
    [
      'is frozen, as those of errors and arrays are',
      '[Object, Error, Array].forEach((one) => Object.freeze(one.prototype))',
    ],
  ])('reads every value exactly: it %s', (_, change) => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program(change)], {
      cwd: REPOSITORY,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const read = '[["toString","x"],["secret","s"],["y",1]] true';
    expect(stdout).toBe(`${[read, read, read, 'CairnError true'].join('\n')}\n`);
  });
});
