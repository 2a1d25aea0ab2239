import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { expect } from 'vitest';
import { cairn } from './run-cairn.ts';

/** Runs an import that is to be refused: one line on standard error, exit code 2, and no store. Resolves with the line. */
export async function refusedImport(
  store: string,
  argv: readonly string[],
  stdin: string | Uint8Array | Readable = '',
): Promise<string> {
  const { code, out, err } = await cairn(argv, { stdin });
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^cairn: [^\n]+\n$/);
  expect(existsSync(store)).toBe(false);
  return err;
}
