import type { Io } from '../terminal/io.ts';

/**
 * Registers `s3:` and `az:` if the command line names them; other commands don't load their code. `words` are the
 * arguments and the values of the options.
 */
export async function registerSchemes(words: readonly unknown[], env: Io['env']): Promise<void> {
  const named = (scheme: RegExp): boolean =>
    words.flat().some((word) => typeof word === 'string' && scheme.test(word));
  if (named(/^s3:/i)) {
    const { registerS3 } = await import('../../io/s3/index.ts');
    registerS3({ env });
  }
  if (named(/^az:/i)) {
    const { registerAzure } = await import('../../io/azure/index.ts');
    registerAzure({ env });
  }
}
