/**
 * Why a value doesn't fit its type: a clause such as `is the string "a", not a number`. Whoever knows the table and the
 * column makes an error of it.
 */
export class Refusal extends Error {
  /** Where in the value, such as `[2].name`; empty for the value itself. */
  readonly path: string;

  constructor(clause: string, path = '') {
    super(clause);
    this.path = path;
  }

  /** The same refusal, of something within a value. */
  within(step: string): Refusal {
    return new Refusal(this.message, step + this.path);
  }
}
