/**
 * Registers the storages of schemes by the variables of an environment: `s3` and `az`. Their code is loaded for this.
 *
 * @throws {CairnError} (as a rejection) `UNSUPPORTED`, `INVALID_ARGUMENT`.
 */
export async function registerSchemes(
  schemes: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  if (schemes.includes('s3')) {
    const { registerS3 } = await import('../io/s3/index.ts');
    registerS3({ env });
  }
  if (schemes.includes('az')) {
    const { registerAzure } = await import('../io/azure/index.ts');
    registerAzure({ env });
  }
}
