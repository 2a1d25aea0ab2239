import type { TupleElement } from '../../codec/keys/tuple.ts';
import type { KeyKind } from './kind.ts';
import type { RowReader } from './row-reader.ts';
import type { RowWriter } from './row-writer.ts';

/** What of tuples' elements is kept as it is: a type by the word that `typeof` has for it. */
interface Elements {
  readonly boolean: boolean;
  readonly number: number;
  readonly bigint: bigint;
  readonly string: string;
}

/** A kind whose kept form is an element of keys, as it is. */
export abstract class PlainKeyKind<Word extends keyof Elements> implements KeyKind<Elements[Word]> {
  abstract readonly name: string;
  readonly #word: Word;

  constructor(word: Word) {
    this.#word = word;
  }

  abstract take(value: unknown): Elements[Word];

  abstract give(kept: Elements[Word]): unknown;

  abstract write(kept: Elements[Word], writer: RowWriter): void;

  abstract read(reader: RowReader): Elements[Word];

  abstract skip(reader: RowReader): void;

  abstract writeBucketKey(kept: Elements[Word], writer: RowWriter): void;

  toElement(kept: Elements[Word]): TupleElement {
    return kept;
  }

  fromElement(element: TupleElement): Elements[Word] {
    if (typeof element !== this.#word) throw wrongElement(this.name);
    return element as Elements[Word];
  }

  toText(kept: Elements[Word]): string {
    return String(this.give(kept));
  }
}

/** The error for an element of a key that is not one of this type's. */
export function wrongElement(name: string): TypeError {
  return new TypeError(`an element of a key is no ${name}`);
}
