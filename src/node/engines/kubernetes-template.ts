import type { JobLaunch, LaunchedStage } from '../../batch/job-engine.ts';
import { taskLine } from './task-line.ts';

/** What a template says besides the job. */
export interface TemplateOptions {
  /** The image of the containers: it has Node, the command `cairn` and the job's module. */
  readonly image: string;
}

/**
 * Returns Jobs of Kubernetes that run a job: one for each stage, with an index for each task, and one for the commit. All but the
 * first are suspended, and released by hand or by what applies them, because Kubernetes knows no order among Jobs. They have been
 * compared with the documentation, and not been run on a cluster.
 */
export function kubernetesTemplate(launch: JobLaunch, { image }: TemplateOptions): string {
  const prefix = `cairn-${launch.job.toLowerCase().replace(/[^a-z0-9-]+/g, '-')}`;
  const stages = [...launch.stages, COMMIT];
  const names = stages.map(({ stage }) => `${prefix}-${stage}`);
  const releases = names.slice(1).map(
    (name, i) => `#   kubectl wait --for=condition=complete --timeout=-1s job/${names[i]}
#   kubectl patch job ${name} --patch '{"spec":{"suspend":false}}'
`,
  );
  const jobs = stages.map((stage, i) => jobOf(launch, stage, { image, name: names[i], suspended: i > 0 }));
  return `# The job ${launch.job}, which makes ${launch.output}. Apply this, and release each stage after the one before:
#
${releases.join('')}#
# A pod may be replaced while it still runs, and both are harmless: the storage decides which attempt counts.
${jobs.join('---\n')}`;
}

const COMMIT: { readonly stage: 'commit' } = { stage: 'commit' };

function jobOf(
  launch: JobLaunch,
  stage: LaunchedStage | typeof COMMIT,
  { image, name, suspended }: { readonly image: string; readonly name: string; readonly suspended: boolean },
): string {
  const task = stage.stage === 'commit' ? 'commit' : `${stage.stage}:$JOB_COMPLETION_INDEX`;
  const total = stage.stage === 'commit' ? 1 : stage.total;
  const atOnce = Math.min(total, launch.workers ?? total);
  return `apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
spec:
  completionMode: Indexed
  completions: ${total}
  parallelism: ${atOnce}
  backoffLimitPerIndex: ${launch.retries - 1}
  maxFailedIndexes: 0
  suspend: ${suspended}
  podFailurePolicy:
    rules:
      # The job's code or input is wrong: another pod would fail, too.
      - action: FailJob
        onExitCodes:
          operator: In
          values: [1, 2, 3]
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: cairn
          image: ${JSON.stringify(image)}
          command: ["/bin/sh", "-c"]
          args:
            - ${JSON.stringify(`exec ${taskLine(launch, task)}`)}
`;
}
