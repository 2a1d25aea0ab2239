import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { CairnLevel, type CairnLevelOptions } from '../../src/node/level.ts';
import { tape } from '../support/tape.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

type Options = CairnLevelOptions<string, string>;

/** abstract-level's own tests, as it publishes them. */
const suite = createRequire(import.meta.url)('abstract-level/test') as (options: {
  test: typeof tape;
  factory: (options?: Options) => CairnLevel;
}) => void;

const directory = temporaryDirectory();

afterAll(() => rmSync(directory, { recursive: true, force: true }));

let made = 0;

describe("abstract-level's tests with file:", () => {
  suite({ test: tape, factory: (options) => new CairnLevel(join(directory, `${made++}`), options) });
});

describe("abstract-level's tests with memory:", () => {
  suite({ test: tape, factory: (options) => new CairnLevel(`memory:level-suite-${made++}`, options) });
});
