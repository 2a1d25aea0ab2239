import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, bundle } from '../support/bundle.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { COLLECTION_INTERRUPTED } from './collection-states.ts';
import { killEverywhere } from './kill-everywhere.ts';

let child: Bundle;
let base: string;
beforeAll(async () => {
  child = await bundle(new URL('./crash-child.ts', import.meta.url));
  base = temporaryDirectory();
}, 120_000);
afterAll(() => {
  child.remove();
  rmSync(base, { recursive: true, force: true });
});

describe('a process killed before each of its calls', () => {
  it.each(Object.entries(COLLECTION_INTERRUPTED))(
    'while it does %s leaves a whole version, with all that was answered',
    async (name, { prepare, check }) => {
      const calls = await killEverywhere(child.file, base, name, {
        async prepare(root) {
          mkdirSync(root);
          await prepare(root);
        },
        check,
      });
      expect(calls).toBeGreaterThan(name === 'collection-sweep' ? 3 : 8);
    },
    180_000,
  );
});
