import { execFile } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import type { Interrupted } from './interrupted.ts';

/** Children that run at once. */
const AT_ONCE = 3;

/** Runs the child; the number of its calls when it came to its end, undefined when it was killed. */
export function runKilled(
  file: string,
  scenario: string,
  root: string,
  nth: number,
  ...more: string[]
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [file, scenario, root, String(nth), ...more], (error, stdout, stderr) => {
      if (error === null) resolve(Number(stdout));
      else if (error.signal === 'SIGKILL') resolve(undefined);
      else reject(new Error(`the child failed: ${stderr}`));
    });
  });
}

/**
 * Kills a scenario before each of its calls in turn, and checks what is left; also when nothing was killed. Returns the
 * number of calls.
 *
 * @param file the bundled crash-child.ts.
 * @param base where the directories are made.
 */
export async function killEverywhere(
  file: string,
  base: string,
  scenario: string,
  { prepare, check }: Interrupted,
): Promise<number> {
  const template = `${base}/${scenario}-template`;
  rmSync(template, { recursive: true, force: true });
  await prepare(template);
  const rootOf = (nth: number): string => {
    const root = `${base}/${scenario}-${nth}`;
    rmSync(root, { recursive: true, force: true });
    cpSync(template, root, { recursive: true });
    return root;
  };
  const calls = await runKilled(file, scenario, rootOf(0), 0);
  if (calls === undefined) throw new Error('the child was killed without being asked to');
  await check(`${base}/${scenario}-0`, true);
  let next = 1;
  const worker = async (): Promise<void> => {
    while (next <= calls) {
      const nth = next++;
      const root = rootOf(nth);
      const ended = (await runKilled(file, scenario, root, nth)) !== undefined;
      try {
        await check(root, ended);
      } catch (error) {
        throw new Error(`killed before call ${nth} of ${calls}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return calls;
}
