import { OBJECT_HOST, type ObjectHost } from '../objects/object-host.ts';
import { registerStorage } from '../uri.ts';
import { type AzureOptions, checkAzureOptions } from './azure-options.ts';
import { type AzureAccount, AzureStorage, azureAccount, azureScheme } from './azure-storage.ts';

export type { ObjectHost as AzureHost } from '../objects/object-host.ts';
export type { AzureOptions, AzureToken, AzureTokenSource, AzureVariables } from './azure-options.ts';

/**
 * Says how `az://container/name` URIs are reached, from now on, by all that the library does; the last call wins.
 * Nothing is sent before such a URI is used. Importing this module has called it without options.
 *
 * Writers send up to three parts of `blockSize` at once, all together, and each fills one more. A store is committed by
 * a conditional Put Blob of its manifest. What a killed writer had sent of an unfinished file is seen by nobody, also
 * not by a sweep, and Azure drops it after a week.
 *
 * @param host clock, timers and random numbers, for tests.
 * @throws {CairnError} `INVALID_ARGUMENT` for options that can't be meant; what neither options nor variables say is
 *   `INVALID_ARGUMENT` later, of what uses the URI.
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
