import { fstatSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { loadChecksum } from '../bytes/xxh64.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { FlipSearch } from '../partition/check/bit-flip-search.ts';
import { verifyPartition } from '../partition/check/verify-partition.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { registerNodeCompressions } from './compression.ts';
import { readFully } from './file-source.ts';
import type { VerifyJob, VerifyMessage, VerifyProbe } from './verify-messages.ts';

// The code of one thread of a verification: it checks the partitions that it is sent, one after the other.
const port = parentPort;
if (port === null) throw new Error('this module is the code of a thread');
registerNodeCompressions();
const say = (message: VerifyMessage): void => port.postMessage(message);
const checksum = await loadChecksum();
let flips: FlipSearch | undefined;

/** Waking the thread that asked takes as long as checking a good part of a megabyte. */
const BYTES_PER_MESSAGE = 1 << 23;

/** Progress since the last message about it. */
let done = { bytes: 0, blocks: 0, entries: 0 };

function advance(bytes: number, blocks: number, entries: number): void {
  done.bytes += bytes;
  done.blocks += blocks;
  done.entries += entries;
  if (done.bytes >= BYTES_PER_MESSAGE) sayDone();
}

function sayDone(): void {
  if (done.bytes > 0) say({ kind: 'advance', ...done });
  done = { bytes: 0, blocks: 0, entries: 0 };
}

port.on('message', (job: VerifyJob) => {
  check(job).then(
    () => {
      sayDone();
      say({ kind: 'ready' });
    },
    (error: unknown) => say({ kind: 'failed', error }),
  );
});
say({ kind: seesFile(workerData as VerifyProbe) ? 'ready' : 'useless' });

/** Whether a descriptor is the same file here. In Deno it is not. */
function seesFile({ fd, dev, ino }: VerifyProbe): boolean {
  try {
    const stats = fstatSync(fd, { bigint: true });
    return stats.dev === dev && stats.ino === ino;
  } catch {
    return false;
  }
}

async function check({ partition, fd, name, size, record, encodings, locateBits }: VerifyJob): Promise<void> {
  flips ??= new FlipSearch(checksum, locateBits);
  const source: ByteSource = {
    name,
    size,
    // Nothing else is waiting in this thread.
    read: async (offset, target) => readFully(fd, name, offset, target),
    close: async () => undefined,
  };
  await verifyPartition(source, record, {
    checksum,
    flips,
    encodings,
    signal: undefined,
    observer: {
      problem: (problem) => say({ kind: 'problem', partition, problem }),
      advance,
    },
    counter: new ReadCounter(),
  });
}
