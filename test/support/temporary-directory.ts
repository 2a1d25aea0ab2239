import { accessSync, constants, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory, where there is one: these tests sync thousands of files. */
const PLACES: readonly string[] = ['/dev/shm', tmpdir()];

/** The path of a fresh directory, to be removed by who asked for it. */
export function temporaryDirectory(): string {
  const place = PLACES.find((path) => {
    try {
      accessSync(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
  return mkdtempSync(join(place ?? tmpdir(), 'cairnkv-test-'));
}
