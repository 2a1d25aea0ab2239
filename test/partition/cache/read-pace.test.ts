import { describe, expect, it } from 'vitest';
import { ReadPace } from '../../../src/partition/cache/read-pace.ts';

describe('the pace of reads', () => {
  let clock = 0;

  function paceOf(): { pace: ReadPace; read: (ms: number) => void } {
    const pace = new ReadPace(() => clock);
    const read = (ms: number): void => {
      expect(pace.time(() => (clock += ms))).toBe(clock);
    };
    return { pace, read };
  }

  /** Reads that wait before one doesn't. */
  function waiting(pace: ReadPace): number {
    for (let reads = 0; ; reads++) if (pace.readsNow()) return reads;
  }

  it('never waits while reads are fast', () => {
    const { pace, read } = paceOf();
    for (let i = 0; i < 100; i++) {
      expect(pace.readsNow()).toBe(true);
      read(0.04);
    }
  });

  it('waits after slow reads, each time longer, up to a bound', () => {
    const { pace, read } = paceOf();
    const waits = Array.from({ length: 9 }, () => {
      read(0.06);
      return waiting(pace);
    });
    expect(waits).toEqual([16, 32, 64, 128, 256, 512, 1024, 1024, 1024]);
    read(0.01);
    expect(waiting(pace)).toBe(0);
    read(3);
    expect(waiting(pace)).toBe(16);
  });

  it('hands errors on', () => {
    const { pace } = paceOf();
    expect(() =>
      pace.time(() => {
        throw new Error('EIO');
      }),
    ).toThrow('EIO');
    expect(waiting(pace)).toBe(0);
  });
});
