import { describe, expect, it } from 'vitest';
import { jobStatus } from '../../../src/batch/index.ts';
import { createStore } from '../../../src/node/index.ts';
import { directoryPerTest, fileWriter } from '../../support/directory-per-test.ts';
import { cairn, must, type Outcome } from '../../support/run-cairn.ts';

const at = directoryPerTest();
const write = fileWriter(at);

async function template(kind: string, ...more: string[]): Promise<Outcome> {
  await createStore(at('in')).put('a', 1).put('b', 2).put('c', 3).close();
  const module = write(
    'job.mjs',
    'export default { splits: 3, map: (key, value, emit) => emit(key, value) };',
  );
  return cairn(['job', 'template', kind, module, '-i', at('in'), '-o', at('out'), '-j', 'j', ...more]);
}

describe('cairn job template', () => {
  it('plans a job, and prints Jobs of Kubernetes for its stages', async () => {
    const { code, out, err } = await template('kubernetes', '--image', 'me/jobs:1', '-a', 'x=1', '-w', '2');
    expect([code, err]).toEqual([0, '']);
    expect(out.match(/completions: \d+/g)).toEqual(['completions: 3', 'completions: 1']);
    expect(out).toContain(`cairn run ${at('job.mjs')} --output ${at('out')} --job j --arg x=1`);
    expect(out).toContain('image: "me/jobs:1"');
    expect(await jobStatus(at('out'), { job: 'j' })).toMatchObject({ state: 'open', tasks: 3 });
    // The same job again is no other job.
    await must(['job', 'template', 'aws-batch', at('job.mjs'), '-i', at('in'), '-o', at('out'), '-j', 'j']);
  });

  it('prints a script for AWS Batch', async () => {
    const { code, out } = await template('aws-batch');
    expect([code, out]).toEqual([0, expect.stringMatching(/^#!\/bin\/sh\n.*--array-properties size=3/s)]);
  });

  it.each([
    ['kubernetes', [], /--image is missing/],
    ['aws-batch', ['--image', 'x'], /--image is for kubernetes/],
    ['aws-batch', ['-w', '2'], /--workers is for kubernetes/],
    ['nomad', [], /Allowed choices are kubernetes, aws-batch/],
    ['aws-batch', ['-o', 'memory:x'], /an engine runs tasks in other processes/],
    ['aws-batch', ['-a', '5'], /write name=value, not 5/],
  ])('refuses %s %j', async (kind, more, message) => {
    expect(await template(kind, ...more)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(message),
    });
  });
});
