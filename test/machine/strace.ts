import { execFile, spawnSync } from 'node:child_process';

/** Makes sure that strace is there: installs it where that is allowed. @throws {Error} that says what to do. */
export function needStrace(): void {
  if (spawnSync('strace', ['--version']).status === 0) return;
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'strace']])
    spawnSync('apt-get', args, { stdio: 'ignore' });
  if (spawnSync('strace', ['--version']).status === 0) return;
  throw new Error('these tests need strace: install it, or run them on Debian as root');
}

/** What strace does to the N-th call, or to all from it on, of a name in a process. */
export interface Injection {
  readonly call: string;
  /** As strace writes it, such as `error=EIO` or `signal=KILL`. */
  readonly what: string;
  readonly nth: number;
  readonly forever?: boolean;
}

/** What came of a process. */
export interface Traced {
  /** What it printed; undefined when it was killed. */
  readonly out: string | undefined;
  /** Whether the injection has met a call. */
  readonly fired: boolean;
}

/** Runs a script of Node under strace. All its work on files is done by one thread, so that calls can be counted. */
export function traced(script: readonly string[], { call, what, nth, forever }: Injection): Promise<Traced> {
  const when = `when=${nth}${forever === true ? '+' : ''}`;
  const options = ['-f', '-qq', '-e', `trace=${call}`, '-e', `inject=${call}:${what}:${when}`];
  return new Promise((resolve, reject) => {
    execFile(
      'strace',
      [...options, '--', process.execPath, ...script],
      { env: { ...process.env, UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' }, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        const killed = (error as NodeJS.ErrnoException & { signal?: string })?.signal === 'SIGKILL';
        if (error !== null && !killed) reject(new Error(`the child failed: ${stderr}`));
        else
          resolve({ out: killed ? undefined : stdout.trim(), fired: killed || stderr.includes('INJECTED') });
      },
    );
  });
}
