import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemons, freePorts, install } from '../support/daemons.ts';
import type { RealServer } from './real-server.ts';

/**
 * A tiny Ceph with its S3 gateway: a monitor, one disk in memory, and the gateway. It honours `If-None-Match: *` for a
 * PUT, not for the completion of an upload, and knows its ETags without quotes only.
 */
export async function startRadosgw(): Promise<RealServer> {
  install(['ceph-mon', 'ceph-osd', 'radosgw'], ['ceph-mon', 'ceph-osd', 'radosgw']);
  const [v2, v1, port] = await freePorts(3);
  const daemons = new Daemons();
  const { directory } = daemons;
  for (const name of ['mon', 'osd', 'rgw', 'run', 'log']) mkdirSync(join(directory, name));
  const conf = join(directory, 'ceph.conf');
  const keyring = join(directory, 'keyring');
  const fsid = randomUUID();
  const address = `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`;
  writeFileSync(conf, configuration(directory, fsid, address, port));
  const ceph = (command: string, ...args: string[]): string => daemons.run(command, '-c', conf, ...args);
  const all = ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *'];
  try {
    daemons.run(
      'ceph-authtool',
      '--create-keyring',
      keyring,
      '--gen-key',
      '-n',
      'mon.',
      '--cap',
      'mon',
      'allow *',
    );
    daemons.run('ceph-authtool', keyring, '--gen-key', '-n', 'client.admin', ...all);
    daemons.run('ceph-authtool', keyring, '--gen-key', '-n', 'client.rgw', ...all);
    const monmap = join(directory, 'monmap');
    daemons.run('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', address, monmap);
    ceph('ceph-mon', '--mkfs', '-i', 'a', '--monmap', monmap, '--keyring', keyring);
    daemons.start('ceph-mon', '-c', conf, '-i', 'a', '-f');
    // The disk must have the same id in both places.
    const disk = randomUUID();
    ceph('ceph', '--connect-timeout', '30', 'osd', 'new', disk);
    const caps = ['mon', 'allow profile osd', 'osd', 'allow *', 'mgr', 'allow profile osd'];
    appendFileSync(keyring, ceph('ceph', 'auth', 'get-or-create', 'osd.0', ...caps));
    ceph('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', disk);
    daemons.start('ceph-osd', '-c', conf, '-i', '0', '-f');
    daemons.start('radosgw', '-c', conf, '-n', 'client.rgw', '-f');
    const endpoint = `http://127.0.0.1:${port}`;
    await daemons.answers(endpoint);
    const user = ['--uid=t', '--display-name=t', '--access-key=AK', '--secret-key=SK'];
    ceph('radosgw-admin', 'user', 'create', ...user);
    const credentials = { accessKeyId: 'AK', secretAccessKey: 'SK' };
    return { endpoint, credentials, stop: () => daemons.stop() };
  } catch (error) {
    await daemons.stop();
    throw error;
  }
}

function configuration(directory: string, fsid: string, address: string, port: number): string {
  return `[global]
fsid = ${fsid}
mon host = ${address}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = ${directory}/run
log file = ${directory}/log/$name.log
admin socket = ${directory}/run/$name.asok
keyring = ${directory}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
osd objectstore = memstore
memstore device bytes = 2147483648
ms bind ipv6 = false
mon data avail crit = 1
mon data avail warn = 2
mon allow pool delete = true
[mon.a]
mon data = ${directory}/mon
[osd.0]
osd data = ${directory}/osd
[client.rgw]
keyring = ${directory}/keyring
rgw data = ${directory}/rgw
rgw frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
rgw enable usage log = false
rgw rados pool pg num min = 4
`;
}
