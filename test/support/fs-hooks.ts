import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** One call of the file system, as the operating system sees it. */
export interface FsCall {
  readonly operation: string;
  /** The file or directory, also where the call has a descriptor only. */
  readonly path: string;
}

/** What a hook may make of a call: an error, fewer bytes than asked for, or none at all; else it goes through. */
export type FsOutcome = Error | 'short' | 'nothing' | undefined;
export type FsHook = (call: FsCall) => FsOutcome;

/** What a call that went through has changed. */
export type FsChange =
  | { readonly operation: 'create' | 'sync' | 'syncDirectory' | 'mkdir' | 'remove'; readonly path: string }
  | { readonly operation: 'link' | 'rename'; readonly path: string; readonly from: string }
  | {
      readonly operation: 'write';
      readonly path: string;
      readonly offset: number;
      readonly bytes: Uint8Array;
    };

let hook: FsHook | undefined;
let root = '';
let listener: ((change: FsChange) => void) | undefined;
let listenRoot = '';
const paths = new Map<number, string>();

/** From now on the hook sees every call on a path below `directory`; without one, all goes through. */
export function setFsHook(next?: FsHook, directory = ''): void {
  hook = next;
  root = directory;
}

/** From now on the listener is told of every change below `directory`, as it has happened; without one, nobody is. */
export function setFsListener(next?: (change: FsChange) => void, directory = ''): void {
  listener = next;
  listenRoot = directory;
}

function tell(change: FsChange): void {
  if (change.path.startsWith(listenRoot)) listener?.(change);
}

/** A recursive mkdir says which the first was that it made; another one has made one. */
function tellMade(path: string, options: unknown, first: unknown): void {
  const recursive = (options as { recursive?: boolean } | undefined)?.recursive === true;
  if (recursive && first === undefined) return;
  const rest = recursive ? path.slice(String(first).length).split('/').filter(Boolean) : [];
  for (let made = recursive ? String(first) : path; ; made = `${made}/${rest.shift()}`) {
    tell({ operation: 'mkdir', path: made });
    if (rest.length === 0) return;
  }
}

function tellWritten(args: unknown[], written: unknown): void {
  if (listener === undefined) return;
  const [fd, buffer, start, , offset] = args as [number, Uint8Array, number, number, number];
  const bytes = buffer.slice(start, start + (written as number));
  tell({ operation: 'write', path: paths.get(fd) ?? '', offset, bytes });
}

/** An error as the operating system gives it. */
export function errno(code: string, operation: string): Error {
  return Object.assign(new Error(`${code}: as planned, ${operation}`), { code, syscall: operation });
}

/** Files below a directory that this process holds open, where the system tells. */
export function openFiles(directory: string): string[] {
  return [...paths.values()].filter((path) => path.startsWith(directory));
}

function outcomeOf(operation: string, path: string): FsOutcome {
  return hook === undefined || !path.startsWith(root) ? undefined : hook({ operation, path });
}

function forget(args: unknown[]): void {
  paths.delete(args[0] as number);
}

type Callback = (error: Error | null, ...results: unknown[]) => void;

/** Replaces a function that takes a callback last. */
function wrapCallback(
  name: 'open' | 'close' | 'read' | 'write' | 'fsync',
  pathOf: (args: unknown[]) => string,
  note?: (args: unknown[], results: unknown[]) => void,
): void {
  const original = fs[name] as unknown as (...args: unknown[]) => void;
  const wrapped = (...args: unknown[]): void => {
    if (typeof args.at(-1) !== 'function') {
      // The descriptor of something that was collected: nobody waits for it.
      original.apply(fs, args);
      forget(args);
      return;
    }
    const callback = args.at(-1) as Callback;
    const outcome = outcomeOf(name, pathOf(args));
    if (outcome instanceof Error) {
      // A descriptor is free even when closing it failed.
      if (name === 'close') original.call(fs, args[0], () => forget(args));
      setImmediate(callback, outcome);
      return;
    }
    if (outcome === 'nothing') {
      setImmediate(callback, null, 0);
      return;
    }
    const passed = [...args];
    // (fd, buffer, offset, length, position, callback)
    if (outcome === 'short') passed[3] = Math.max(1, Math.floor((passed[3] as number) / 2));
    passed[passed.length - 1] = ((error, ...results) => {
      if (!error) note?.(args, results);
      callback(error, ...results);
    }) satisfies Callback;
    original.apply(fs, passed);
  };
  Object.assign(fs, { [name]: wrapped });
}

function wrapSync(
  name: 'openSync' | 'closeSync' | 'readSync' | 'writeSync' | 'fstatSync' | 'mkdirSync',
  pathOf: (args: unknown[]) => string,
  note?: (args: unknown[], result: unknown) => void,
): void {
  const original = fs[name] as unknown as (...args: unknown[]) => unknown;
  const wrapped = (...args: unknown[]): unknown => {
    const outcome = outcomeOf(name, pathOf(args));
    if (outcome instanceof Error) {
      if (name === 'closeSync') {
        original.apply(fs, args);
        forget(args);
      }
      throw outcome;
    }
    if (outcome === 'nothing') return 0;
    const passed = [...args];
    if (outcome === 'short') passed[3] = Math.max(1, Math.floor((passed[3] as number) / 2));
    const result = original.apply(fs, passed);
    note?.(args, result);
    return result;
  };
  Object.assign(fs, { [name]: wrapped });
}

function wrapPromise(
  name: 'link' | 'unlink' | 'rm' | 'mkdir' | 'rmdir' | 'rename' | 'stat' | 'lstat' | 'readdir' | 'open',
): void {
  const original = fs.promises[name] as unknown as (...args: unknown[]) => Promise<unknown>;
  const wrapped = async (...args: unknown[]): Promise<unknown> => {
    // Of two paths the last is the one that changes.
    const path = String(typeof args[1] === 'string' && name !== 'open' ? args[1] : args[0]);
    const outcome = outcomeOf(name, path);
    if (outcome instanceof Error) throw outcome;
    const result = await original.apply(fs.promises, args);
    if (name === 'open') wrapHandle(result as fs.promises.FileHandle, path);
    if (name === 'open' && args[1] === 'wx') tell({ operation: 'create', path });
    if (name === 'link' || name === 'rename') tell({ operation: name, path, from: String(args[0]) });
    if (name === 'mkdir') tellMade(path, args[1], result);
    if (name === 'unlink' || name === 'rm' || name === 'rmdir') tell({ operation: 'remove', path });
    return result;
  };
  Object.assign(fs.promises, { [name]: wrapped });
}

/** Replaces the synchronous form of a function of names; hooks and listeners know it by the name of the other form. */
function wrapNameSync(name: 'link' | 'unlink'): void {
  const original = fs[`${name}Sync`] as unknown as (...args: unknown[]) => unknown;
  const wrapped = (...args: unknown[]): unknown => {
    const path = String(args.at(-1));
    const outcome = outcomeOf(name, path);
    if (outcome instanceof Error) throw outcome;
    const result = original.apply(fs, args);
    if (name === 'link') tell({ operation: 'link', path, from: String(args[0]) });
    else tell({ operation: 'remove', path });
    return result;
  };
  Object.assign(fs, { [`${name}Sync`]: wrapped });
}

function wrapHandle(handle: fs.promises.FileHandle, path: string): void {
  for (const name of ['sync', 'close'] as const) {
    const original = handle[name].bind(handle) as () => Promise<void>;
    Object.assign(handle, {
      [name]: async () => {
        const outcome = outcomeOf(`handle.${name}`, path);
        if (outcome instanceof Error) {
          if (name === 'close') await original();
          throw outcome;
        }
        await original();
        if (name === 'sync')
          tell({ operation: fs.statSync(path).isDirectory() ? 'syncDirectory' : 'sync', path });
      },
    });
  }
}

const byPath = (args: unknown[]): string => String(args[0]);
const byDescriptor = (args: unknown[]): string => paths.get(args[0] as number) ?? '';

// Installed once, before the library is loaded: it takes hold of some functions when it is.
wrapCallback('open', byPath, (args, [fd]) => paths.set(fd as number, String(args[0])));
wrapCallback('close', byDescriptor, forget);
wrapCallback('read', byDescriptor);
wrapCallback('write', byDescriptor, (args, [written]) => tellWritten(args, written));
wrapCallback('fsync', byDescriptor, (args) => {
  const path = byDescriptor(args);
  tell({ operation: fs.statSync(path).isDirectory() ? 'syncDirectory' : 'sync', path });
});
wrapSync('openSync', byPath, (args, fd) => {
  paths.set(fd as number, String(args[0]));
  if (args[1] === 'wx') tell({ operation: 'create', path: String(args[0]) });
});
wrapSync('closeSync', byDescriptor, forget);
wrapSync('readSync', byDescriptor);
wrapSync('writeSync', byDescriptor, tellWritten);
wrapSync('mkdirSync', byPath, (args, first) => tellMade(String(args[0]), args[1], first));
wrapSync('fstatSync', byDescriptor);
wrapNameSync('link');
wrapNameSync('unlink');
for (const name of [
  'link',
  'unlink',
  'rm',
  'mkdir',
  'rmdir',
  'rename',
  'stat',
  'lstat',
  'readdir',
  'open',
] as const) {
  wrapPromise(name);
}
syncBuiltinESMExports();
