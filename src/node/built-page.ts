import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PageFiles } from '../server/platform.ts';
import { fileError } from './file-error.ts';

/** As seen from dist/node, and from the sources. */
const PLACES = ['../page/', '../../dist/page/'] as const;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** Returns the page that the package has built; undefined if it has none. @throws {CairnError} (as a rejection) `IO`. */
export async function builtPage(): Promise<PageFiles | undefined> {
  for (const place of PLACES) {
    const directory = fileURLToPath(new URL(place, import.meta.url));
    const html = await contentsOf(path.join(directory, 'index.html'));
    if (html !== undefined) return pageIn(directory, html.toString('utf8'));
  }
  return undefined;
}

function pageIn(directory: string, html: string): PageFiles {
  return {
    html,
    async asset(name) {
      const type = TYPES[path.extname(name)];
      if (type === undefined || !/^[\w.-]+$/.test(name)) return undefined;
      const bytes = await contentsOf(path.join(directory, 'assets', name));
      return bytes && { bytes: new Uint8Array(bytes), type };
    },
  };
}

async function contentsOf(file: string): Promise<Buffer | undefined> {
  try {
    return await fs.promises.readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw fileError(error, 'read', file);
  }
}
