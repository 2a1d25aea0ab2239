import { expect, it } from 'vitest';
import { receiveWhole } from '../../../src/io/http/whole-file.ts';
import { rejection } from '../../support/failures.ts';

const received = (byte: number) => async (): Promise<{ bytes: Uint8Array }> => ({
  bytes: Uint8Array.of(byte),
});

it('two files of a client are kept, and those that came before are forgotten', async () => {
  const client = {};
  const kept: (readonly number[])[] = [];
  for (const file of [0, 1, 2, 3]) {
    const bytes = await receiveWhole(client, {}, received(file), (whole) => {
      kept[file] = [...whole];
    });
    expect([...bytes]).toEqual([file]);
  }
  expect(kept).toEqual([[], [], [2], [3]]);
  await receiveWhole({}, {}, received(9), () => undefined);
  expect(kept).toEqual([[], [], [2], [3]]);
});

it('who asks meanwhile waits for the same request; a failed one is made again', async () => {
  const file = {};
  let requests = 0;
  const failing = async (): Promise<never> => {
    requests++;
    throw new Error('gone');
  };
  const both = [1, 2].map(() => rejection(receiveWhole(file, file, failing, () => undefined)));
  expect(await Promise.all(both)).toEqual([new Error('gone'), new Error('gone')]);
  expect(requests).toBe(1);
  expect([...(await receiveWhole(file, file, received(1), () => undefined))]).toEqual([1]);
});
