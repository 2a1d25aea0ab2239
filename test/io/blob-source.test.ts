import { describe, expect, it } from 'vitest';
import { isBlob } from '../../src/io/blob.ts';
import { BlobSource } from '../../src/io/blob-source.ts';
import { failure, rejection } from '../support/failures.ts';

const DATA = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

describe('a source over a Blob', () => {
  it('reads exactly what was asked for', async () => {
    const source = new BlobSource(new Blob([DATA.subarray(0, 300), DATA.subarray(300)]));
    expect(source.size).toBe(1000);
    for (const [from, length] of [
      [0, 1000],
      [0, 0],
      [1000, 0],
      [299, 2],
      [999, 1],
      [500, 100],
    ] as const) {
      const target = new Uint8Array(length);
      await source.read(from, target);
      expect(target).toEqual(DATA.slice(from, from + length));
    }
    expect('readSync' in source).toBe(false);
  });

  it('is called as its file is', () => {
    expect(new BlobSource(new File([DATA], 'part-1.cairn')).name).toBe('part-1.cairn');
    expect(new BlobSource(new File([DATA], '')).name).toBe('the Blob');
    expect(new BlobSource(new Blob([DATA])).name).toBe('the Blob');
  });

  it('refuses to read behind the end', async () => {
    const source = new BlobSource(new File([DATA], 'x.cairn'));
    for (const [from, length] of [
      [1000, 1],
      [999, 2],
      [5000, 10],
    ] as const) {
      const error = await failure(source.read(from, new Uint8Array(length)), 'CORRUPTION');
      expect(error).toMatchObject({ file: 'x.cairn', offset: from });
    }
  });

  it('finds out a blob that gives fewer bytes than it has, and one that gives none', async () => {
    const short = { size: 1000, slice: () => new Blob([DATA.subarray(0, 10)]), arrayBuffer: () => {} };
    await failure(new BlobSource(short as unknown as Blob).read(0, new Uint8Array(11)), 'CORRUPTION');
    const cause = new DOMException('The file has changed', 'NotReadableError');
    const gone = {
      size: 1000,
      slice: () => ({ arrayBuffer: () => Promise.reject(cause) }),
      arrayBuffer: () => {},
    };
    const error = await failure(new BlobSource(gone as unknown as Blob).read(0, new Uint8Array(11)), 'IO');
    expect(error).toMatchObject({ operation: 'read', transient: false, cause });
    expect(error.message).toContain('chosen again');
  });

  it('reads nothing once it is closed or cancelled', async () => {
    const source = new BlobSource(new Blob([DATA]));
    const reason = new Error('enough');
    expect(await rejection(source.read(0, new Uint8Array(1), AbortSignal.abort(reason)))).toBe(reason);
    const controller = new AbortController();
    const target = new Uint8Array(1);
    const reading = source.read(5, target, controller.signal);
    controller.abort(reason);
    expect(await rejection(reading)).toBe(reason);
    expect(target[0]).toBe(0);
    await source.close();
    await source.close();
    await failure(source.read(0, new Uint8Array(1)), 'CLOSED');
  });

  it('takes files of any realm for what they are, and nothing else', () => {
    expect(isBlob(new Blob([]))).toBe(true);
    expect(isBlob(new File([], 'x'))).toBe(true);
    for (const other of [
      null,
      undefined,
      'x',
      new URL('memory:x'),
      DATA,
      DATA.buffer,
      {},
      new Response('x'),
    ]) {
      expect(isBlob(other)).toBe(false);
    }
  });
});
