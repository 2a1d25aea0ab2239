import type { ArgsOf } from './command-usage.ts';

/** `cairn serve`. */
export const SERVE = {
  name: 'serve',
  description: 'serve namespaces, stores and collections over HTTP',
  examples: [
    'cairn serve ./data',
    'cairn serve ./data --port 9000 --read-only',
    'CAIRN_TOKEN=$(openssl rand -hex 16) cairn serve /data --host 0.0.0.0    # for other machines',
  ],
  arguments: {
    root: { form: '[root]', help: 'the directory that holds them (default: the current one)' },
  },
  options: {
    port: {
      flags: '-p, --port <n>',
      takes: 'count',
      help: 'the port; 0 for any that is free (default: 8080)',
    },
    host: {
      flags: '--host <address>',
      takes: 'text',
      help: 'the address to listen on; any but that of this machine alone needs a token (default: 127.0.0.1)',
    },
    readOnly: { flags: '--read-only', help: 'refuse everything that would change a namespace' },
    token: {
      flags: '--token <text>',
      takes: 'text',
      help: 'what clients must send as Authorization: Bearer …; CAIRN_TOKEN keeps it out of lists of processes',
    },
    insecure: { flags: '--insecure', help: 'listen for other machines without a token' },
    allowHost: {
      flags: '--allow-host <name>',
      takes: 'texts',
      help: 'a name by which a proxy addresses the server (repeatable)',
    },
    accessLog: { flags: '--access-log', help: 'print a line of JSON for each request' },
    json: { flags: '--json', help: 'print where the server listens as a line of JSON' },
    quiet: { flags: '-q, --quiet', help: 'print nothing about the start and the end' },
  },
} as const;

/** What {@link SERVE} is called with. */
export type ServeArgs = ArgsOf<typeof SERVE>;
