import { parentPort } from 'node:worker_threads';
import { loadChecksum } from '../bytes/xxh64.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { FlipSearch } from '../store/flip-search.ts';
import { loadDecompressors, PartitionFile } from '../store/partition-file.ts';
import { ReadCounter } from '../store/read-counter.ts';
import { verifyPartition } from '../store/verify-partition.ts';
import { registerNodeCompressions } from './compression.ts';
import { readFully } from './file-source.ts';
import type { VerifyJob, VerifyMessage } from './verify-messages.ts';

// The code of one thread of a verification: it checks the partitions that it is sent, one after the other.
const port = parentPort;
if (port === null) throw new Error('this module is the code of a thread');
registerNodeCompressions();
const say = (message: VerifyMessage): void => port.postMessage(message);
const checksum = await loadChecksum();
let flips: FlipSearch | undefined;

port.on('message', (job: VerifyJob) => {
  check(job).then(
    () => say({ kind: 'ready' }),
    (error: unknown) => say({ kind: 'failed', error }),
  );
});
say({ kind: 'ready' });

async function check({ partition, fd, name, size, record, locateBits }: VerifyJob): Promise<void> {
  flips ??= new FlipSearch(checksum, locateBits);
  const source: ByteSource = {
    name,
    size,
    // Nobody else is waiting in this thread.
    read: async (offset, target) => readFully(fd, name, offset, target),
    close: async () => undefined,
  };
  const decompressors = await loadDecompressors([record.compression]);
  const counter = new ReadCounter();
  await verifyPartition(source, record, {
    checksum,
    flips,
    signal: undefined,
    log: {
      problem: (problem) => say({ kind: 'problem', partition, problem }),
      advance: (bytes, blocks, entries) => say({ kind: 'advance', bytes, blocks, entries }),
    },
    open: (one, its) => new PartitionFile(one, its, checksum, decompressors, counter),
  });
}
