import { CairnError, notLoaded } from './errors.ts';

/**
 * Rejects for a package that an `import()` could not load: with `UNSUPPORTED` where it is not installed, else as
 * {@link notLoaded} does. In a module of its own, because a page that only reads does without.
 */
export function packageNotLoaded(cause: unknown): never {
  const missing = missingPackage(cause);
  if (missing === undefined) return notLoaded(cause);
  throw missing;
}

/** An `UNSUPPORTED` error that names the package, if `cause` says that an import found none of its name. */
export function missingPackage(cause: unknown): CairnError | undefined {
  const message = cause instanceof Error ? cause.message : '';
  // As Node and Bun, Chromium and Firefox, and Safari say it; a path or URL is a file of the library's own.
  const [, name] = /(?:package|specifier|Module name,) ["'“]([^."'”/][^"'”:]*)["'”]/.exec(message) ?? [];
  if (name === undefined) return undefined;
  return new CairnError('UNSUPPORTED', `the package ${name} is missing: npm install ${name}`, { cause });
}
