import { beforeEach, describe, expect, it } from 'vitest';
import { KeyBuffer } from '../../src/bytes/key-buffer.ts';
import { loadChecksum } from '../../src/bytes/xxh64.ts';
import type { ByteSink } from '../../src/io/byte-sink.ts';
import { EntryTable } from '../../src/partition/entry-table.ts';
import { blockMemory, PartitionWriter } from '../../src/partition/partition-writer.ts';

class CountingSink implements ByteSink {
  bytes = 0;
  finished = false;

  write(bytes: Uint8Array): undefined {
    this.bytes += bytes.length;
  }

  async finish(): Promise<void> {
    this.finished = true;
  }

  async abort(): Promise<void> {}
}

function keyOf(text: string): KeyBuffer {
  const key = new KeyBuffer();
  key.set(new TextEncoder().encode(text));
  return key;
}

let sink: CountingSink;
let writer: PartitionWriter;

beforeEach(async () => {
  sink = new CountingSink();
  writer = new PartitionWriter('part', sink, {
    keyEncoding: 'utf8',
    valueEncoding: 'binary',
    compressor: undefined,
    blockBytes: 64,
    partitionBytes: 1 << 20,
    hashIndex: true,
    checksum: await loadChecksum(),
    table: new EntryTable(),
    digest: await blockMemory(64),
  });
  writer.begin();
});

/** Adds entries of 20 bytes, two to a block; returns the key added last. */
function add(...keys: readonly string[]): KeyBuffer {
  let previous = new KeyBuffer();
  for (const text of keys) {
    const key = keyOf(text);
    writer.add(key, previous, new Uint8Array(20));
    previous = key;
  }
  return previous;
}

describe('a partition', () => {
  it('is finished if its keys ascend', async () => {
    const { count } = await writer.finish(add('a', 'ab', 'b', 'c', 'd'));
    expect(count).toBe(5);
    expect(sink.finished).toBe(true);
  });

  it.each([
    ['an empty last key', ['a', 'b'], ''],
    ['a last key before the first', ['b', 'c'], 'a'],
    ['a last key that is the first of several', ['a', 'b'], 'a'],
    ['another last key than its only one', ['a'], 'b'],
  ])('is not finished with %s', (_, keys, last) => {
    add(...keys);
    const { bytes } = sink;
    expect(() => writer.finish(keyOf(last))).toThrow('out of order');
    expect(sink.bytes).toBe(bytes);
  });

  it.each([
    ['does not come after the one before', ['a', 'b', 'x', 'y', 'c']],
    ['equals the one before', ['a', 'b', 'c', 'd', 'd']],
    ['is the beginning of the one before', ['a', 'b', 'cc', 'cd', 'c']],
  ])('has no block whose first key %s', (_, keys) => {
    expect(() => add(...keys)).toThrow('out of order');
  });

  it('has no block after an empty key', () => {
    add('a', 'b');
    expect(() => {
      writer.add(keyOf('x'), keyOf(''), new Uint8Array(20));
      writer.add(keyOf('y'), keyOf(''), new Uint8Array(20));
    }).toThrow('out of order');
  });
});
