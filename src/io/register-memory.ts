import { MemoryStorage, memoryScheme } from './memory.ts';
import { registerStorage } from './uri.ts';

// Imported by everything that writes stores: without a writer, no store in memory can be read. There is one
// memory for the process, whichever module is loaded first.
registerStorage(memoryScheme(new MemoryStorage()));
