import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach } from 'vitest';

/** A fresh directory for each test of a file; all go at the end. Call it once, at the top. */
export function directoryPerTest(): (name: string) => string {
  const made: string[] = [];
  beforeEach(() => {
    made.push(mkdtempSync(join(tmpdir(), 'cairn-cli-')));
  });
  afterAll(() => {
    for (const directory of made) rmSync(directory, { recursive: true, force: true });
  });
  return (name) => join(made[made.length - 1], name);
}

/** Writes files into the directories that `at` names, and returns their paths. */
export function fileWriter(
  at: (name: string) => string,
): (name: string, content: string | Uint8Array) => string {
  return (name, content) => {
    writeFileSync(at(name), content);
    return at(name);
  };
}
