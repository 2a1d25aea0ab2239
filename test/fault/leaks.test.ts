import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bundle, bundle } from '../support/bundle.ts';
import type { Held } from './leak-child.ts';

const LIVES = 12;

// Code that is compiled, or thrown away, as it runs is no leak, and would hide a small one.
const FLAGS = ['--expose-gc', '--no-opt', '--no-maglev', '--no-sparkplug', '--no-flush-bytecode'];

let child: Bundle;
beforeAll(async () => {
  child = await bundle(new URL('./leak-child.ts', import.meta.url));
});
afterAll(() => child.remove());

it('case 65: whole lives of stores, scans left in their middle and failures leave no descriptor, socket, timer, listener or memory', async () => {
  // It ends by itself: whatever is left running would hold it until this one ends it.
  const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, child.file, String(LIVES)], {
    timeout: 50_000,
  });
  const { start, before, after, end } = JSON.parse(stdout) as Record<
    'start' | 'before' | 'after' | 'end',
    Held
  >;
  expect(after.listeners).toBe(before.listeners);
  // While the servers run, connections to them are kept for the next request; no timer, thread or file is at work.
  expect(after.resources.filter((name) => !/^(PipeWrap|TCPServerWrap|TCPSocketWrap)$/.test(name))).toEqual(
    [],
  );
  expect(end.resources).toEqual(start.resources);
  expect(end.descriptors).toBe(start.descriptors);
  // Each life has some thirty writers and readers; one of them would hold 20 kB and more.
  expect((after.heapBytes - before.heapBytes) / LIVES).toBeLessThan(12_000);
  expect((after.outsideBytes - before.outsideBytes) / LIVES).toBeLessThan(12_000);
});
