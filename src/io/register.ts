import { httpSchemes } from './http/http-storage.ts';
import { MemoryStorage, memoryScheme } from './memory.ts';
import { registerStorage } from './uri.ts';

// Imported by every entry that opens URIs: one memory for the process, whichever comes first.
registerStorage(memoryScheme(new MemoryStorage()));
for (const scheme of httpSchemes()) registerStorage(scheme);
