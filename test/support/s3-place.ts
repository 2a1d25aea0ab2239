import { registerS3, type S3Host, type S3Options } from '../../src/io/s3/index.ts';
import { S3Server } from './s3-server.ts';

/** Makes `s3:` URIs mean a server. */
export function registerServer(server: S3Server, options: S3Options = {}, host?: S3Host): void {
  registerS3(
    {
      endpoint: server.endpoint,
      region: server.region,
      credentials: { accessKeyId: 'AK', secretAccessKey: 'SK' },
      env: {},
      ...options,
    },
    host,
  );
}

/** Starts a server and makes `s3:` URIs mean it. */
export async function startServer(options: S3Options = {}): Promise<S3Server> {
  const server = await S3Server.start();
  registerServer(server, options);
  return server;
}
