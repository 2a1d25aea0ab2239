import './register.ts';
import { registerJobModules } from '../batch/job-modules.ts';
import { registerJobInputs } from './job-inputs.ts';
import { NODE_JOB_MODULES } from './job-threads.ts';

registerJobInputs();
registerJobModules(NODE_JOB_MODULES);

export * from '../batch/index.ts';
