import { install } from '../support/daemons.ts';

/** Installs what the tests start, once for all files: they run beside each other. */
export function setup(): void {
  install(
    ['slurmctld', 'slurmd', 'munged', 'sbatch', 'redis-server', 'redis-cli'],
    ['slurmctld', 'slurmd', 'slurm-client', 'munge', 'redis-server', 'redis-tools'],
  );
}
