import type { OptionUsages } from './command-usage.ts';
import { SHARED_OPTIONS } from './shared-options.ts';

/** What the commands have in common whose name is two words. */
export interface CommandGroup {
  readonly description: string;
  /** Command lines that show what the group is for. */
  readonly examples: readonly string[];
  /** Options that each of them has, and that may stand before the second word, too. */
  readonly options: OptionUsages;
}

/** The groups by the first word of their commands. */
export const COMMAND_GROUPS: Readonly<Record<string, CommandGroup>> = {
  job: {
    description: 'the steps of a batch job one by one, for launchers of your own',
    examples: ['cairn job plan words --job nightly --tasks 8'],
    options: {},
  },
  kv: {
    description: 'typed values by keys in namespaces, with revisions, an end and inheritance',
    examples: [
      'cairn kv set company.team greeting hello',
      'cairn kv get company.team greeting    # hello',
      'cairn kv --root s3://bucket/kv list company.team',
    ],
    options: SHARED_OPTIONS.kvRoot,
  },
  table: {
    description: 'typed rows with keys, and logs of rows, in databases below a directory',
    examples: [
      "cairn table create shop.users -c 'id INT, name STRING?' --primary-key id",
      'cairn table upsert shop.users id=1 name=Verso',
      'cairn table --root s3://bucket/warehouse scan shop.users',
    ],
    options: SHARED_OPTIONS.tableRoot,
  },
};
