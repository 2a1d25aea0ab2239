import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Authorizer } from '../../src/io/azure/authorizer.ts';
import { type AzureOptions, registerAzure } from '../../src/io/azure/index.ts';
import { Daemons, freePorts } from '../support/daemons.ts';

const PACKAGE = 'azurite@3.35.0';

/** The account of the emulator, whose key everybody knows. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Microsoft's emulator of Azure Blob Storage. */
export interface Azurite {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Starts the emulator that is installed, or installs it for this time, and makes the container `container`. */
export async function startAzurite(): Promise<Azurite> {
  const [port] = await freePorts(1);
  const daemons = new Daemons();
  try {
    const found = spawnSync('which', ['azurite-blob'], { encoding: 'utf8' });
    let script = found.status === 0 ? realpathSync(found.stdout.trim()) : undefined;
    if (script === undefined) {
      daemons.run('npm', 'install', '--no-save', '--no-audit', '--no-fund', '--prefix', '.', PACKAGE);
      script = join(daemons.directory, 'node_modules/azurite/dist/src/blob/main.js');
    }
    const quiet = ['--disableTelemetry', '--silent', '--inMemoryPersistence'];
    daemons.start('node', script, ...quiet, '--blobHost', '127.0.0.1', '--blobPort', String(port));
    const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
    await daemons.answers(endpoint);
    await makeContainer(endpoint);
    return { endpoint, stop: () => daemons.stop() };
  } catch (error) {
    await daemons.stop();
    throw error;
  }
}

/** Makes `az:` URIs mean the emulator, asked with the key of its account unless the options say otherwise. */
export function registerAzurite({ endpoint }: Azurite, options: AzureOptions = {}): void {
  const who = options.sasToken === undefined ? { accountKey: KEY } : {};
  registerAzure({ account: ACCOUNT, endpoint, env: {}, ...who, ...options });
}

/** The variables that make `az:` URIs of another process mean the emulator. */
export function azuriteEnv({ endpoint }: Azurite): Readonly<Record<string, string>> {
  const account = `AccountName=${ACCOUNT};AccountKey=${KEY}`;
  return {
    AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=http;${account};BlobEndpoint=${endpoint};`,
  };
}

/** A shared access signature for blobs, with these rights, such as `rwdlc`. */
export function sasFor(rights: string): string {
  const ends = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
  const version = '2021-12-02';
  const signed = [ACCOUNT, rights, 'b', 'sco', '', ends, '', 'https,http', version, '', ''].join('\n');
  const signature = createHmac('sha256', Buffer.from(KEY, 'base64')).update(signed).digest('base64');
  const query = { sv: version, ss: 'b', srt: 'sco', sp: rights, se: ends, spr: 'https,http', sig: signature };
  return `?${new URLSearchParams(query)}`;
}

async function makeContainer(endpoint: string): Promise<void> {
  const key = Uint8Array.from(Buffer.from(KEY, 'base64'));
  const authorizer = new Authorizer({ kind: 'key', account: ACCOUNT, key }, Date.now);
  const request = { method: 'PUT', url: `${endpoint}/container?restype=container`, headers: {}, bytes: 0 };
  const { url, headers } = await authorizer.authorize(request);
  const answer = await fetch(url, { method: 'PUT', headers });
  if (!answer.ok) throw new Error(`no container was made: ${answer.status} ${await answer.text()}`);
}
