import { MemoryStorage, memoryScheme } from './memory.ts';
import { registerStorage } from './uri.ts';

// Imported by what writes stores: where nothing does, there is none in memory to be read. One memory for the process,
// whichever comes first.
registerStorage(memoryScheme(new MemoryStorage()));
