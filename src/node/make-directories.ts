import * as fs from 'node:fs';
import * as path from 'node:path';
import { errnoOf } from './file-error.ts';

// Like `mkdir` with `recursive`, which reports a full or read-only disk as a missing directory.

/** Makes a directory and its parents. Returns the first that was missing; undefined when none was. */
export async function makeDirectories(directory: string): Promise<string | undefined> {
  try {
    return (await makeOne(directory)) ? directory : undefined;
  } catch (error) {
    if (!lacksParent(error, directory)) throw error;
    const first = await makeDirectories(path.dirname(directory));
    return (await makeOne(directory)) ? (first ?? directory) : first;
  }
}

/** The same without waiting. */
export function makeDirectoriesSync(directory: string): string | undefined {
  try {
    return makeOneSync(directory) ? directory : undefined;
  } catch (error) {
    if (!lacksParent(error, directory)) throw error;
    const first = makeDirectoriesSync(path.dirname(directory));
    return makeOneSync(directory) ? (first ?? directory) : first;
  }
}

function lacksParent(error: unknown, directory: string): boolean {
  return errnoOf(error) === 'ENOENT' && path.dirname(directory) !== directory;
}

async function makeOne(directory: string): Promise<boolean> {
  try {
    await fs.promises.mkdir(directory);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw error;
    // Systems differ in what they say of one that is there.
    const stats = await fs.promises.stat(directory).catch(() => undefined);
    if (stats?.isDirectory() !== true) throw error;
    return false;
  }
}

function makeOneSync(directory: string): boolean {
  try {
    fs.mkdirSync(directory);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw error;
    if (fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    return false;
  }
}
