import { setSlabAllocator } from '../bytes/owned-copies.ts';
import { setTextPlatform } from '../bytes/utf8.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { HOST } from '../io/host.ts';
import { registerStorage } from '../io/uri.ts';
import { registerHostMemory } from '../partition/cache/memory-budget.ts';
import { registerReadClock } from '../partition/cache/read-pace.ts';
import { registerStoreSharing } from '../store/read/store-sharing.ts';
import { storeSharing } from '../store/share-store.ts';
import { registerVerifyThreads } from '../store/verify/verify-threads.ts';
import { registerNodeCompressions } from './compression.ts';
import { FileStorage, fileScheme } from './file-storage.ts';
import { nodeMemory } from './host-memory.ts';
import { nodeText } from './node-text.ts';
import { slabMemory } from './slab-memory.ts';

// Starts compiling now; `openStore` waits for it, and reports a failure.
loadChecksum().catch(() => undefined);

// Importing this gives the library what Node has: files, native compression, fast text, memory without zeros.
registerStorage(fileScheme(new FileStorage(HOST.uniqueName)));
registerNodeCompressions();
registerHostMemory(nodeMemory);
registerReadClock(() => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
});
setTextPlatform(nodeText);
setSlabAllocator(slabMemory);
registerStoreSharing(storeSharing);
registerVerifyThreads(async (work) => {
  const { verifyInWorkers } = await import('./verify-workers.ts');
  return verifyInWorkers(work);
});
