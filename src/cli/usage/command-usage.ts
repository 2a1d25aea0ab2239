import type { OnOverlap } from '../../batch/job-plan.ts';
import type { KeyEncodingName, ValueEncodingName } from '../../codec/encoding-names.ts';
import type { JsonValue } from '../../codec/values/json-value.ts';
import type { KvType } from '../../namespace/kv-type.ts';
import type { CompressionName, OnDuplicate } from '../../node/index.ts';
import type {
  EngineName,
  EntryFormatName,
  EntryOutput,
  ImportKeyFormat,
  InputCompression,
  KeyFormat,
  RecordOutput,
  Shell,
  TemplateName,
} from './choices.ts';
import type { SHARED_OPTIONS } from './shared-options.ts';

/** What the value of an option or argument can be, by the names that usages use. */
export interface ValueTypes {
  readonly text: string;
  /** Repeatable. */
  readonly texts: readonly string[];
  /** Between commas; repeatable. */
  readonly names: readonly string[];
  /** In bytes. */
  readonly size: number;
  readonly count: number;
  /** Repeatable. */
  readonly counts: readonly number[];
  /** In milliseconds. */
  readonly duration: number;
  /** In milliseconds since 1970. */
  readonly time: number;
  readonly regExp: RegExp;
  readonly jsonObject: { readonly [key: string]: JsonValue };
  readonly entryFormat: EntryFormatName;
  readonly importKeyFormat: ImportKeyFormat;
  readonly keyFormat: KeyFormat;
  readonly inputCompression: InputCompression;
  readonly keyEncoding: KeyEncodingName;
  readonly valueEncoding: ValueEncodingName;
  readonly compression: CompressionName;
  readonly onDuplicate: OnDuplicate;
  readonly onOverlap: OnOverlap;
  readonly entryOutput: EntryOutput;
  readonly recordOutput: RecordOutput;
  readonly shell: Shell;
  readonly kvType: KvType;
  readonly engine: EngineName;
  readonly template: TemplateName;
}

/** An option of a command. Its key is the name by which the command knows it: the long flag in camel case. */
export interface OptionUsage {
  /** Its flags and the name of its value, such as `-f, --file <file>`. */
  readonly flags: string;
  readonly help: string;
  /** What its value is; absent for a flag without a value. */
  readonly takes?: keyof ValueTypes;
  /** The value that it has where the command line has none. */
  readonly default?: string;
  /** Keys of options that exclude it. */
  readonly conflicts?: readonly string[];
  /** Left out of the help. */
  readonly hidden?: true;
  /** The heading under which the long help has it; default: Options. */
  readonly group?: string;
}

/** Options by their keys. */
export interface OptionUsages {
  readonly [key: string]: OptionUsage;
}

/** An argument of a command. */
export interface ArgumentUsage {
  /** `<one>`, `[optional]`, `<several...>` or `[any...]`. */
  readonly form: string;
  readonly help: string;
  /** What it can be; text by default. */
  readonly takes?: keyof ValueTypes;
  /** Whether it names a store, which may have `log:` in front. */
  readonly isStore?: true;
}

/** All that can be said of a command on the command line: what is parsed, helped with and completed. */
export interface CommandUsage {
  /** One word, or two: that of a group of commands, and the command's own in it. */
  readonly name: string;
  readonly description: string;
  /** Command lines that show what it is for. */
  readonly examples: readonly string[];
  /** In place of what the options and arguments say of themselves at the top of its help. */
  readonly synopsis?: string;
  readonly arguments: { readonly [key: string]: ArgumentUsage };
  /** Options that other commands have too; they come first. */
  readonly shared?: readonly (keyof typeof SHARED_OPTIONS)[];
  readonly options: OptionUsages;
}

/** What a command is called with: its arguments, and those of its options that the command line has. */
export type ArgsOf<Usage extends CommandUsage> = ArgumentValues<Usage['arguments']> &
  OptionValues<Usage['options']> &
  SharedValues<Usage>;

/** The values of options, where the command line has them. */
export type OptionValues<Options extends OptionUsages> = {
  readonly [Key in keyof Options]?: Options[Key] extends {
    readonly takes: infer Type extends keyof ValueTypes;
  }
    ? ValueTypes[Type]
    : boolean;
};

/** The values of the options shared under a name. */
export type SharedOptions<Name extends keyof typeof SHARED_OPTIONS> = OptionValues<
  (typeof SHARED_OPTIONS)[Name]
>;

type ArgumentValues<Arguments extends CommandUsage['arguments']> = {
  readonly [Key in keyof Arguments as Arguments[Key]['form'] extends `[${string}`
    ? never
    : Key]: ArgumentValue<Arguments[Key]>;
} & {
  readonly [Key in keyof Arguments as Arguments[Key]['form'] extends `[${string}`
    ? Key
    : never]?: ArgumentValue<Arguments[Key]>;
};

type ArgumentValue<Argument extends ArgumentUsage> = Argument extends {
  readonly takes: infer Type extends keyof ValueTypes;
}
  ? ValueTypes[Type]
  : Argument['form'] extends `${string}...${'>' | ']'}`
    ? readonly string[]
    : string;

type SharedValues<Usage> = Usage extends {
  readonly shared: readonly (infer Name extends keyof typeof SHARED_OPTIONS)[];
}
  ? Intersection<Name extends unknown ? { readonly values: SharedOptions<Name> } : never>
  : unknown;

/** The values of a union of boxes, all at once. */
type Intersection<Boxes> = (
  Boxes extends { readonly values: infer Values }
    ? (values: Values) => void
    : never
) extends (values: infer All) => void
  ? All
  : never;
