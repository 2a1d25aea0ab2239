import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kubernetesTemplate } from '../../../src/node/engines/kubernetes-template.ts';
import { jobLaunch } from '../../support/job-launch.ts';

describe('the template for Kubernetes', () => {
  it('is the golden one', () => {
    const text = kubernetesTemplate(jobLaunch({ module: '/jobs/count.mjs' }), { image: 'registry/count:1' });
    expect(text).toBe(readFileSync('fixtures/engines/kubernetes.yaml', 'utf8'));
  });

  it('has names that Kubernetes takes, and no more pods than tasks', () => {
    const text = kubernetesTemplate(jobLaunch({ job: 'Nightly_Run.2', workers: undefined }), { image: 'x' });
    expect(text.match(/^ {2}name: .*$/gm)).toEqual([
      '  name: cairn-nightly-run-2-map',
      '  name: cairn-nightly-run-2-reduce',
      '  name: cairn-nightly-run-2-commit',
    ]);
    expect(text.match(/parallelism: \d+/g)).toEqual(['parallelism: 8', 'parallelism: 3', 'parallelism: 1']);
    expect(text.match(/suspend: \w+/g)).toEqual(['suspend: false', 'suspend: true', 'suspend: true']);
  });
});
