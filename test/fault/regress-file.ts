import type { HostileCollection } from './hostile-collection.ts';
import type { HostileStore } from './hostile-store.ts';

/** A store or a collection that was read wrong once, as it is kept in `fixtures/regress`. */
export interface RegressFile {
  /** What was done to which store. */
  readonly about: string;
  /** What came of it then. */
  readonly found: string;
  /** The files in base64, by their paths. */
  readonly files: Readonly<Record<string, string>>;
  /** Of a collection: the golden one that was damaged, or null if every checksum is right. */
  readonly collection?: string | null;
}

export function regressFile(hostile: HostileStore | HostileCollection, found: string): RegressFile {
  const { golden, mutations, files } = hostile;
  const encoded = [...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString('base64')]);
  return {
    about: `${golden}: ${mutations.join('; ')}`,
    found,
    ...('damaged' in hostile ? { collection: hostile.damaged ? golden : null } : {}),
    files: Object.fromEntries(encoded),
  };
}

export function regressFiles({ files }: RegressFile): ReadonlyMap<string, Uint8Array> {
  return new Map(
    Object.entries(files).map(([path, text]) => [path, new Uint8Array(Buffer.from(text, 'base64'))]),
  );
}
