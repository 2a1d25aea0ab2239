import '../io/register.ts';

export type { AccessRecord } from './access-record.ts';
export { type CairnServer, createServer } from './create-server.ts';
export type { ListenAddress, ListenOptions } from './platform.ts';
export type { ServerOptions } from './server-options.ts';
