import { registerSchemes as registerByName } from '../../node/register-schemes.ts';
import type { Io } from '../terminal/io.ts';

/**
 * Registers `s3:` and `az:` if the command line names them; other commands don't load their code. `words` are the
 * arguments and the values of the options. Returns the schemes.
 */
export async function registerSchemes(words: readonly unknown[], env: Io['env']): Promise<void> {
  const named = (scheme: RegExp): boolean =>
    words.flat().some((word) => typeof word === 'string' && scheme.test(word));
  const schemes = [...(named(/^s3:/i) ? ['s3'] : []), ...(named(/^az:/i) ? ['az'] : [])];
  await registerByName(schemes, env);
}
