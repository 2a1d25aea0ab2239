import { MemoryStorage, memoryScheme } from './memory.ts';
import { registerStorage } from './uri.ts';

// Imported by every entry that opens URIs: one memory for the process, whichever comes first.
registerStorage(memoryScheme(new MemoryStorage()));
