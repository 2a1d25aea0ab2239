import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemons, freePorts, install } from '../support/daemons.ts';
import type { RealServer } from './real-server.ts';

const SERVERS = ['account', 'container', 'object'] as const;

/** OpenStack's Swift with its S3 API. It refuses a PUT with a condition, with 501. */
export async function startSwift(): Promise<RealServer> {
  install(
    ['swift-proxy-server', 'swift-ring-builder', 'memcached'],
    ['swift', 'swift-account', 'swift-container', 'swift-object', 'swift-proxy', 'memcached'],
  );
  const [cache, port, ...ports] = await freePorts(5);
  const daemons = new Daemons();
  const { directory } = daemons;
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  mkdirSync(join(directory, 'srv', 'd1'), { recursive: true });
  try {
    write('swift.conf', HASHES);
    for (const [i, name] of SERVERS.entries()) {
      write(`${name}.conf`, storageServer(directory, name, ports[i]));
      const builder = `${name}.builder`;
      daemons.run('swift-ring-builder', builder, 'create', '2', '1', '1');
      daemons.run('swift-ring-builder', builder, 'add', `r1z1-127.0.0.1:${ports[i]}/d1`, '1');
      daemons.run('swift-ring-builder', builder, 'rebalance');
    }
    write('proxy.conf', proxy(directory, port, cache));
    daemons.start('memcached', '-u', 'nobody', '-l', '127.0.0.1', '-p', String(cache), '-m', '32');
    for (const name of [...SERVERS, 'proxy'])
      daemons.start(`swift-${name}-server`, join(directory, `${name}.conf`));
    const endpoint = `http://127.0.0.1:${port}`;
    for (const each of [...ports, port]) await daemons.answers(`http://127.0.0.1:${each}`);
    const credentials = { accessKeyId: 'test:tester', secretAccessKey: 'testing' };
    return { endpoint, credentials, stop: () => daemons.stop() };
  } catch (error) {
    await daemons.stop();
    throw error;
  }
}

const HASHES = `[swift-hash]
swift_hash_path_suffix = a
swift_hash_path_prefix = b
[storage-policy:0]
name = gold
default = yes
`;

function storageServer(directory: string, name: string, port: number): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = root
swift_dir = ${directory}
devices = ${directory}/srv
mount_check = false
disable_fallocate = true
log_name = ${name}
[pipeline:main]
pipeline = ${name}-server
[app:${name}-server]
use = egg:swift#${name}
`;
}

function proxy(directory: string, port: number, cache: number): string {
  const filters = ['catch_errors', 'listing_formats', 'copy', 'slo', 'dlo'];
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = root
swift_dir = ${directory}
[pipeline:main]
pipeline = catch_errors cache listing_formats s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${cache}
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = us-east-1
min_segment_size = 5242880
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
${filters.map((name) => `[filter:${name}]\nuse = egg:swift#${name}\n`).join('')}`;
}
