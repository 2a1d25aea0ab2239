import { AwsClient } from 'aws4fetch';
import { registerS3, type S3Options } from '../../src/io/s3/index.ts';

/** A server of somebody else's that speaks S3. */
export interface RealServer {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

/** Makes `s3:` URIs mean the server. */
export function registerReal({ endpoint, credentials }: RealServer, options: S3Options = {}): void {
  registerS3({ endpoint, credentials, region: 'us-east-1', env: {}, ...options });
}

/** The variables that make `s3:` URIs of another process mean the server. */
export function realEnv({ endpoint, credentials }: RealServer): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: 'us-east-1',
  };
}

/** Makes the bucket `bucket`. */
export async function makeBucket({ endpoint, credentials }: RealServer): Promise<void> {
  const client = new AwsClient({ ...credentials, service: 's3', region: 'us-east-1', retries: 0 });
  const answer = await client.fetch(`${endpoint}/bucket`, { method: 'PUT' });
  if (!answer.ok) throw new Error(`no bucket was made: ${answer.status} ${await answer.text()}`);
}
