import './register.ts';
import { registerJobModules } from '../batch/job-modules.ts';
import { registerJobInputs } from './job-inputs.ts';
import { NODE_JOB_MODULES } from './job-threads.ts';

registerJobInputs();
registerJobModules(NODE_JOB_MODULES);

export * from '../batch/index.ts';
export { type BullmqOptions, bullmqEngine } from './engines/bullmq-engine.ts';
export type { BullmqConnection } from './engines/bullmq-package.ts';
export { type BullmqWorkerOptions, bullmqWorker } from './engines/bullmq-worker.ts';
export { type SlurmOptions, slurmEngine } from './engines/slurm-engine.ts';
