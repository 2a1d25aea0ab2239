import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Daemons, freePorts } from '../support/daemons.ts';

/** Slurm on this machine: a controller and two nodes. */
export interface Slurm {
  /** For commands of Slurm, as `SLURM_CONF`. */
  readonly configuration: string;
  /** The nodes' daemons, which can be killed. */
  readonly nodes: readonly Node[];
  /** Runs a command of Slurm; what it printed. */
  run(command: string, ...words: string[]): string;
  /** Starts the daemon of a node again. */
  restart(node: Node): void;
  stop(): Promise<void>;
}

/** A node, and its daemon. */
export interface Node {
  readonly name: string;
  daemon: ChildProcess;
}

/**
 * Starts Debian's Slurm, without cgroups and an init system. A node that is silent for 15 seconds is down, and what is run again
 * waits for 10.
 */
export async function startSlurm(options: { readonly maxArraySize?: number } = {}): Promise<Slurm> {
  const daemons = new Daemons();
  const { directory } = daemons;
  const [controller, ...ports] = await freePorts(3);
  const file = (name: string): string => join(directory, name);
  for (const name of ['state', 'spool-n1', 'spool-n2']) mkdirSync(file(name));
  writeFileSync(file('munge.key'), randomBytes(128), { mode: 0o400 });
  const configuration = file('slurm.conf');
  writeFileSync(configuration, configurationText(directory, controller, ports, options.maxArraySize ?? 1001));
  // What the daemons start and what the tests run look here.
  process.env.SLURM_CONF = configuration;
  const munge = [
    '--foreground',
    '--force',
    `--key-file=${file('munge.key')}`,
    `--socket=${file('munge.socket')}`,
  ];
  const own = [
    `--pid-file=${file('munged.pid')}`,
    `--log-file=${file('munged.log')}`,
    `--seed-file=${file('munged.seed')}`,
  ];
  const startNode = (name: string): ChildProcess =>
    daemons.start('slurmd', '-D', '-N', name, '-f', configuration, '-L', file(`slurmd-${name}.log`));
  const run = (command: string, ...words: string[]): string =>
    daemons.run('env', `SLURM_CONF=${configuration}`, command, ...words);
  try {
    daemons.start('munged', ...munge, ...own);
    await daemons.until('munge has keys', () =>
      succeeds(() => daemons.run('munge', '-n', `--socket=${file('munge.socket')}`)),
    );
    daemons.start('slurmctld', '-D', '-f', configuration, '-L', file('slurmctld.log'));
    const nodes = ['n1', 'n2'].map((name): Node => ({ name, daemon: startNode(name) }));
    await daemons.until('both nodes are idle', () =>
      succeeds(() => {
        if (!/^n\[1-2\] idle$/m.test(run('sinfo', '--noheader', '--format=%N %T')))
          throw new Error('not yet');
      }),
    );
    return {
      configuration,
      nodes,
      run,
      restart: (node) => {
        node.daemon = startNode(node.name);
      },
      stop: () => daemons.stop(),
    };
  } catch (error) {
    await daemons.stop();
    throw error;
  }
}

function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function configurationText(
  directory: string,
  controller: number,
  ports: readonly number[],
  maxArraySize: number,
): string {
  const nodes = ports.map(
    (port, i) =>
      `NodeName=n${i + 1} NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=${port} CPUs=2 RealMemory=1000 State=UNKNOWN\n`,
  );
  return `ClusterName=cairn
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmctldPort=${controller}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=${directory}/munge.socket,cred_expire=10
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=${directory}/state
SlurmdSpoolDir=${directory}/spool-%n
SlurmctldPidFile=${directory}/slurmctld.pid
SlurmdPidFile=${directory}/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=100000
ReturnToService=2
SlurmdTimeout=15
KillWait=1
MaxArraySize=${maxArraySize}
MinJobAge=300
${nodes.join('')}PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
`;
}
