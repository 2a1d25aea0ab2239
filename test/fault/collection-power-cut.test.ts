// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import { rmSync } from 'node:fs';
import { afterAll, describe, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { COLLECTION_WORK } from './collection-scenarios.ts';
import { COLLECTION_INTERRUPTED } from './collection-states.ts';
import { cutEverywhere } from './cut-everywhere.ts';

const base = temporaryDirectory();
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe('a power cut after any change, which leaves any part of what was not synced', () => {
  it.each(Object.entries(COLLECTION_INTERRUPTED))(
    'in the middle of %s leaves a whole version, with all that was answered',
    async (name, { prepare, checkAnswered }) => {
      await cutEverywhere(`${base}/${name}`, {
        prepare,
        attempt: (root, answered) => COLLECTION_WORK[name](`${root}/c`, answered),
        check: (root, done, answered) => checkAnswered(`${root}/c`, answered, done),
      });
    },
    180_000,
  );
});
