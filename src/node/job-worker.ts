import './register.ts';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Assignment } from '../batch/assignment.ts';
import { LocalRunner } from '../batch/local-runner.ts';
import { SplitInputs } from '../batch/split-inputs.ts';
import { importJob } from './import-job.ts';
import { registerJobInputs } from './job-inputs.ts';
import {
  type JobAnswer,
  type JobOrder,
  type JobThreadData,
  receiveError,
  sendError,
} from './job-messages.ts';
import { registerSchemes } from './register-schemes.ts';

// The code of one thread of a job: it makes the attempts that it is sent, one after the other. Nothing is awaited while this
// module is loaded: the job's module imports the library, which may be in the same file.
const port = parentPort;
if (port === null) throw new Error('this module is the code of a thread');
registerJobInputs();
const { module, stores, schemes } = workerData as JobThreadData;
const say = (answer: JobAnswer): void => port.postMessage(answer);
let runner: Promise<LocalRunner> | undefined;
let end = new AbortController();

async function openRunner(): Promise<LocalRunner> {
  await registerSchemes(schemes, process.env);
  const { definition } = await importJob(module);
  return new LocalRunner(definition, new SplitInputs(stores, true));
}

async function run(assignment: Assignment): Promise<void> {
  const { signal } = end;
  const onEntries = (count: number): void => {
    say({ kind: 'entries', count });
    // A task that never waits sees no message otherwise.
    for (let next = receiveMessageOnPort(port as NonNullable<typeof port>); next !== undefined; ) {
      obey(next.message as JobOrder);
      next = receiveMessageOnPort(port as NonNullable<typeof port>);
    }
  };
  runner ??= openRunner();
  await (await runner).run(assignment, { signal, onEntries });
}

function obey(order: JobOrder): void {
  if (order.kind === 'abort') {
    end.abort(receiveError(order.reason));
    return;
  }
  end = new AbortController();
  run(order.assignment).then(
    () => say({ kind: 'ended', error: undefined }),
    (error: unknown) => say({ kind: 'ended', error: sendError(error) }),
  );
}

port.on('message', obey);
