/** What the adapter needs from the world besides `fetch`; tests put their own in its place. */
export { S3_PLATFORM as AZURE_PLATFORM, type S3Platform as AzurePlatform } from '../s3/s3-platform.ts';
