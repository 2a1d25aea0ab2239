import { isCairnError } from '../errors.ts';
import type { InspectedProblem } from './report.ts';

/** Collects what is wrong with a file, so that the rest of it is looked at all the same. */
export class Problems {
  readonly list: InspectedProblem[] = [];
  readonly #file: string;

  /** `file` is the name that errors about it begin with. */
  constructor(file: string) {
    this.#file = file;
  }

  note(section: string, offset: number, message: string): void {
    this.list.push({ section, offset, message });
  }

  /** What `step` gives, or undefined when it throws: that is noted. Every error of a pure step is damage. */
  attempt<T>(section: string, offset: number, step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      this.noteError(section, offset, error);
      return undefined;
    }
  }

  /** Notes an error without what the inspection says itself: the file's name, and advice. */
  noteError(section: string, offset: number, error: unknown): void {
    const known = isCairnError(error);
    const text = error instanceof Error ? error.message : String(error);
    const message = text.startsWith(`${this.#file}: `) ? text.slice(this.#file.length + 2) : text;
    this.note(
      (known ? error.section : undefined) ?? section,
      (known ? error.offset : undefined) ?? offset,
      message.replace(/\. The file was .*$/s, ''),
    );
  }
}
