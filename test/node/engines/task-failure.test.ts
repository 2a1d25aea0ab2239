import { describe, expect, it } from 'vitest';
import { CairnError } from '../../../src/errors.ts';
import {
  failureEvent,
  failureIn,
  failureInWords,
  failureWords,
} from '../../../src/node/engines/task-failure.ts';

describe('the failure of a task', () => {
  const error = new CairnError('KEY_ORDER', 'the key "a" does not come after "b"', { argument: 'key' });

  it('is found in a log, the last one of several', () => {
    const line = (each: unknown): string => JSON.stringify(failureEvent(each));
    expect(failureIn(`${line(new Error('one'))}\nmore\n${line(error)}\ncairn: words\n`)).toMatchObject({
      code: 'KEY_ORDER',
      message: error.message,
      argument: 'key',
    });
    expect(failureIn(line(new Error('plain')))).not.toHaveProperty('code');
    expect(failureIn('killed\n')).toBeUndefined();
    expect(failureIn(`${line(error)}\n{"event":"failure","co`)).toMatchObject({ code: 'KEY_ORDER' });
  });

  it('is one line of words, and back', () => {
    expect(failureWords(error)).toBe(`KEY_ORDER: ${error.message}`);
    expect(failureInWords(failureWords(error))).toMatchObject({ code: 'KEY_ORDER', message: error.message });
    expect(failureInWords('job stalled more than allowable limit')).not.toHaveProperty('code');
    expect(failureWords('thrown')).toBe('thrown');
  });
});
