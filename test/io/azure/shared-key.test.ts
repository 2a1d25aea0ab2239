import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SharedKey, type SignedRequest, stringToSign } from '../../../src/io/azure/shared-key.ts';

const BLOB = 'https://myaccount.blob.core.windows.net/mycontainer';

function request(method: string, url: string, headers: Record<string, string>, bytes = 0): SignedRequest {
  return { method, url, headers: new Headers(headers), bytes };
}

describe('what is signed', () => {
  it('is what the documentation shows for the metadata of a container', () => {
    const headers = { 'x-ms-version': '2015-02-21', 'x-ms-date': 'Fri, 26 Jun 2015 23:39:12 GMT' };
    expect(
      stringToSign(
        'myaccount',
        request('GET', `${BLOB}?restype=container&comp=metadata&timeout=20`, headers),
      ),
    ).toBe(
      'GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n' +
        '/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20',
    );
  });

  it.each([
    [
      '?restype=container&comp=list&include=snapshots&include=metadata&include=uncommittedblobs',
      '\ncomp:list\ninclude:metadata,snapshots,uncommittedblobs\nrestype:container',
    ],
    ['?COMP=metadata&Restype=container', '\ncomp:metadata\nrestype:container'],
    ['/a%20b/%C3%A9%2B?marker=a%2Bb%26c', '/a%20b/%C3%A9%2B\nmarker:a+b&c'],
  ])('has the resource %s in its canonical form', (rest, resource) => {
    const lines = stringToSign('myaccount', request('GET', BLOB + rest, {}));
    expect(lines).toBe(`GET${'\n'.repeat(12)}/myaccount/mycontainer${resource}`);
  });

  it('has every header at its place, and the length of a body that is not empty', () => {
    const headers = {
      'content-encoding': 'E',
      'content-language': 'L',
      'content-md5': '5',
      'content-type': 'T',
      date: 'D',
      'if-modified-since': 'S',
      'if-match': 'M',
      'if-none-match': 'N',
      'if-unmodified-since': 'U',
      range: 'R',
      'x-ms-version': 'v',
      'X-MS-Blob-Type': '  BlockBlob ',
      other: 'no',
    };
    expect(stringToSign('a', request('PUT', 'https://h/c/b', headers, 11))).toBe(
      'PUT\nE\nL\n11\n5\nT\nD\nS\nM\nN\nU\nR\nx-ms-blob-type:BlockBlob\nx-ms-version:v\n/a/c/b',
    );
    expect(stringToSign('a', request('PUT', 'https://h/c/b', {}, 0))).toBe(`PUT${'\n'.repeat(12)}/a/c/b`);
  });

  it('names the account twice where an emulator has it in the path', () => {
    expect(stringToSign('dev', request('GET', 'http://127.0.0.1:10000/dev/c/b', {}))).toContain(
      '\n/dev/dev/c/b',
    );
  });
});

it('the signature is HMAC-SHA256 with the key, in base64', async () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
  const key = new SharedKey('myaccount', bytes);
  const asked = request('PUT', `${BLOB}/b`, { 'x-ms-date': 'now' }, 3);
  const text = stringToSign('myaccount', asked);
  const wanted = `SharedKey myaccount:${createHmac('sha256', bytes).update(text).digest('base64')}`;
  expect(await key.authorization(asked)).toBe(wanted);
  expect(await key.authorization(asked)).toBe(wanted);
});
