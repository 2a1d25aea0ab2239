// Begins many writers that nobody ends, few of which there may be at a time. Prints what is left of them. Run with
// --expose-gc.

import { existsSync, readdirSync } from 'node:fs';
import { createStore } from '../../src/node/index.ts';
import { createLog } from '../../src/node/log.ts';

const [root, times] = [process.argv[2], Number(process.argv[3])];

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

const chains: readonly ((uri: string) => Promise<unknown>)[] = [
  (uri) => createStore(uri).put('b', 1).put('a', 2).close(),
  (uri) => createStore(uri, { sort: true }).put('b', 1).put('a', undefined).close(),
  (uri) => createStore(uri).put('b', 1).put('a', 2),
  (uri) =>
    createStore(uri)
      .put('a', 1)
      .putAll([
        ['b', 2],
        ['a', 3],
      ]),
  (uri) =>
    createStore(uri)
      .put('a', 1)
      .close({ quick: true } as never),
  (uri) =>
    createLog(uri)
      .send('a', '1')
      .send('b', 2 as never)
      .close(),
  (uri) =>
    createLog(uri)
      .send('a', '1')
      .sendAll([['b', 2 as never]]),
  (uri) =>
    createLog(uri)
      .send('a', '1')
      .close({ quick: true } as never),
];

const codes = new Set<string>();
const left: string[] = [];
const before = descriptors();
for (let i = 0; i < times; i++) {
  for (const [number, chain] of chains.entries()) {
    const uri = `${root}/chain-${number}-${i}`;
    codes.add(await codeOf(chain(uri)));
    if (existsSync(uri)) left.push(uri);
  }
}
const after = descriptors();

// Writers that are dropped: their descriptors are closed when they are collected.
for (let i = 0; i < times; i++) {
  await createStore(`${root}/dropped-${i}`).put('a', 1);
  if (i % 50 !== 49) continue;
  (globalThis as unknown as { gc: () => void }).gc();
  await new Promise((resolve) => setTimeout(resolve, 10));
}
for (let i = 0; i < 3; i++) {
  (globalThis as unknown as { gc: () => void }).gc();
  await new Promise((resolve) => setTimeout(resolve, 10));
}
process.stdout.write(JSON.stringify({ codes: [...codes], left, before, after, dropped: descriptors() }));
