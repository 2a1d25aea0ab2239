import { invalidArgument } from '../../errors.ts';
import { planLaunch } from '../../node/batch.ts';
import { awsBatchTemplate } from '../../node/engines/aws-batch-template.ts';
import { kubernetesTemplate } from '../../node/engines/kubernetes-template.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { JobTemplateArgs } from '../usage/job-steps.ts';
import { jobArguments } from '../words/job-arguments.ts';

/** Plans a job, and prints what runs its tasks elsewhere. */
export async function runJobTemplate(args: JobTemplateArgs, io: Io): Promise<number> {
  const { kind, image } = args;
  if (kind === 'kubernetes' && image === undefined)
    throw invalidArgument(
      'image',
      '--image is missing: name the image, which has Node, cairn and the module',
    );
  if (kind === 'aws-batch' && (image ?? args.workers) !== undefined) {
    const name = image === undefined ? 'workers' : 'image';
    throw invalidArgument(
      name,
      `--${name} is for kubernetes: AWS Batch has it in the job definition or its environment`,
    );
  }
  const planned = await planLaunch(args.module, {
    input: args.input,
    output: args.output,
    job: args.job,
    workers: args.workers,
    arguments: jobArguments(args.arg ?? []),
    signal: io.interrupts(),
  });
  // The path in a container is what the user wrote.
  const launch = { ...planned, module: args.module };
  const output = new Output(io.stdout);
  output.write(image === undefined ? awsBatchTemplate(launch) : kubernetesTemplate(launch, { image }));
  await output.finish();
  return EXIT.ok;
}
