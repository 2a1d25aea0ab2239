import { describe, expect, it } from 'vitest';
import { missingPackage, packageNotLoaded } from '../src/missing-package.ts';

describe('missingPackage()', () => {
  it.each([
    ['Node', "Cannot find package 'temporal-polyfill' imported from /a/library.js", 'temporal-polyfill'],
    ['Chromium', 'Failed to resolve module specifier "@bokuweb/zstd-wasm". Relative …', '@bokuweb/zstd-wasm'],
    ['Firefox', 'The specifier “fzstd” was a bare specifier, but was not remapped to anything.', 'fzstd'],
    ['Safari', "Module name, 'fflate' does not resolve to a valid URL.", 'fflate'],
  ])('reads what %s says', (_, message, name) => {
    expect(missingPackage(new TypeError(message))).toMatchObject({
      code: 'UNSUPPORTED',
      message: `the package ${name} is missing: npm install ${name}`,
    });
  });

  it.each([
    'Failed to fetch dynamically imported module: https://example.org/library.js',
    "Cannot find module '/a/b.js' imported from /a/c.js",
    "Failed to resolve module specifier './typed.js'",
  ])('is nothing for a file: %s', (message) => {
    const cause = new TypeError(message);
    expect(missingPackage(cause)).toBeUndefined();
    expect(() => packageNotLoaded(cause)).toThrow(
      expect.objectContaining({ code: 'IO', transient: true, cause }),
    );
  });
});
