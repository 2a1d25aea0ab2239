import { fileURLToPath } from 'node:url';
import { invalidArgument } from '../../errors.ts';

/**
 * The command line that runs `cairn` of this package, by this Node.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` if the package is not installed as it is published.
 */
export function cairnCommand(): readonly string[] {
  const { url }: { url?: string } = import.meta;
  // The bundles for Node and those of the command lie beside that of the command.
  if (url === undefined || !/\/dist\/(?:node|cli)\/[^/]+\.js$/.test(url))
    throw invalidArgument(
      'command',
      'command must say how cairn is run, for this is not an installed package',
    );
  return [process.execPath, fileURLToPath(new URL('../cairn/main.cjs', url))];
}
