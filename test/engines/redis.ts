import { Daemons, freePorts } from '../support/daemons.ts';

/** A Redis on this machine. */
export interface Redis {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts Debian's Redis, which keeps everything in memory. */
export async function startRedis(): Promise<Redis> {
  const [port] = await freePorts(1);
  const daemons = new Daemons();
  try {
    const memory = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
    daemons.start('redis-server', '--bind', '127.0.0.1', '--port', String(port), ...memory);
    await daemons.until('Redis answers', () => {
      try {
        return daemons.run('redis-cli', '-p', String(port), 'ping').trim() === 'PONG';
      } catch {
        return false;
      }
    });
    return { url: `redis://127.0.0.1:${port}`, stop: () => daemons.stop() };
  } catch (error) {
    await daemons.stop();
    throw error;
  }
}
