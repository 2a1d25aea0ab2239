import { httpSchemes } from './http/http-storage.ts';
import { registerStorage } from './uri.ts';

// Imported by every entry that opens URIs.
for (const scheme of httpSchemes()) registerStorage(scheme);
