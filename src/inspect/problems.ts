import { isCairnError, reasonOf } from '../errors.ts';
import type { InspectedProblem } from './report.ts';

/** Collects the problems of a file, so that each does not end its inspection. */
export class Problems {
  readonly list: InspectedProblem[] = [];
  readonly #file: string;

  /** `file` is the name with which errors about the file begin. */
  constructor(file: string) {
    this.#file = file;
  }

  note(section: string, offset: number, message: string): void {
    this.list.push({ section, offset, message });
  }

  /**
   * Returns what `step` returns, or undefined if it throws, which is noted: `step` is pure, so its errors
   * mean damage.
   */
  attempt<T>(section: string, offset: number, step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      this.noteError(section, offset, error);
      return undefined;
    }
  }

  /**
   * Notes an error, without the file's name and the advice in its message, which the inspection adds itself.
   */
  noteError(section: string, offset: number, error: unknown): void {
    const known = isCairnError(error);
    const text = reasonOf(error);
    const message = text.startsWith(`${this.#file}: `) ? text.slice(this.#file.length + 2) : text;
    this.note(
      (known ? error.section : undefined) ?? section,
      (known ? error.offset : undefined) ?? offset,
      message.replace(/\. The file was .*$/s, ''),
    );
  }
}
