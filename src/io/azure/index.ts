import { OBJECT_HOST, type ObjectHost } from '../objects/object-host.ts';
import { registerStorage } from '../uri.ts';
import { type AzureOptions, checkAzureOptions } from './azure-options.ts';
import { type AzureAccount, AzureStorage, azureAccount, azureScheme } from './azure-storage.ts';

export type { ObjectHost as AzureHost } from '../objects/object-host.ts';
export type { AzureOptions, AzureToken, AzureTokenSource, AzureVariables } from './azure-options.ts';

/**
 * Sets how `az://container/name` URIs are accessed by all functions from now on; the last call wins. Nothing
 * is sent before such a URI is used. Importing this module has called it without options.
 *
 * All writers together send up to three blocks of `blockSize` at the same time, and each fills one more. A
 * store is committed by a conditional Put Blob of its manifest. What a killed writer had sent of a file is
 * invisible, even to a sweep, and Azure removes it after a week.
 *
 * @param host clock, timers and random numbers, for tests.
 * @throws {CairnError} `INVALID_ARGUMENT` for options that cannot be used. What neither options nor variables
 *   contain is `INVALID_ARGUMENT` later, when the URI is used.
 *
 * @example
 * ```ts
 * import { openStore } from 'cairnkv';
 * import { registerAzure } from 'cairnkv/azure';
 *
 * registerAzure({
 *   account: 'myaccount',
 *   token: async () => 'what-entra-id-gave', // or () => credential.getToken('https://storage.azure.com/.default')
 *   fetch: async () => new Response(null, { status: 404 }), // for want of a server here
 * });
 * console.log(await openStore('az://container/planets').catch((error) => error.code)); // NOT_FOUND
 * ```
 */
export function registerAzure(options: AzureOptions = {}, host: ObjectHost = OBJECT_HOST): void {
  checkAzureOptions(options);
  const given = { ...options };
  let account: AzureAccount | undefined;
  registerStorage(
    azureScheme(
      new AzureStorage(() => {
        account ??= azureAccount(given, host);
        return account;
      }),
    ),
  );
}

registerAzure();
