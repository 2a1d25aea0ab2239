import { Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../../src/cli/terminal/io.ts';
import { Progress } from '../../../src/cli/terminal/progress.ts';

/** Shows a share of twelve million entries after 75 seconds, and returns what was written. */
function shownOn(columns: number | undefined, share: number | 'unknown', env: Io['env'] = {}): string {
  let shown = '';
  let now = 0;
  const stderr = new Writable({
    write(piece, _encoding, done) {
      shown += piece;
      done();
    },
  });
  const io: Io = {
    stdin: Readable.from([]),
    stdout: new Writable(),
    stderr: Object.assign(stderr, { isTTY: true, ...(columns === undefined ? {} : { columns }) }),
    env,
    now: () => now,
    interrupts: () => new AbortController().signal,
  };
  const progress = new Progress(io, 'importing');
  now = 75_000;
  progress.update(share === 'unknown' ? undefined : share, 12_345_678);
  return shown;
}

/** The line that is shown, of 42 % unless another share is given. */
function lineFor(columns: number | undefined, share: number | 'unknown' = 0.42): string {
  const shown = shownOn(columns, share);
  expect(shown.startsWith('\r')).toBe(true);
  expect(shown.endsWith('\u001b[K')).toBe(true);
  return shown.slice(1, -3);
}

describe('a progress bar', () => {
  const whole = 'importing [##########..............] 42 % 12,345,678 entries, 164,609/s, 103 s left';

  it.each([undefined, 0, 84, 200])('is shown as a whole with %s columns', (columns) => {
    expect(whole.length).toBe(83);
    expect(lineFor(columns)).toBe(whole);
  });

  it('is left out of a terminal in which it would wrap', () => {
    const short = 'importing 42 %, 12,345,678 entries, 164,609/s, 103 s left';
    expect(lineFor(83)).toBe(short);
    expect(lineFor(short.length + 1)).toBe(short);
  });

  it.each([54, 50, 20, 2, 1])('never fills a line of %i columns', (columns) => {
    const line = lineFor(columns);
    expect(line.length).toBe(columns - 1);
    expect('importing 42 %, 12,345,678 entries, 164,609/s, 103 s left'.startsWith(line)).toBe(true);
  });

  it('is left out of a terminal that knows no way back in a line', () => {
    expect(shownOn(100, 0.42, { TERM: 'dumb' })).toBe('');
    expect(shownOn(100, 0.42, { TERM: 'xterm' })).not.toBe('');
  });

  it('is cut without a share, too', () => {
    expect(lineFor(20, 'unknown')).toBe('importing 12,345,67');
  });
});
