import { NETWORK_HOST, type NetworkHost } from '../network-host.ts';

/** What an object storage needs besides `fetch`. Tests replace it. */
export interface ObjectHost extends NetworkHost {
  /** Returns a name that has not been used before: letters and digits. */
  uniqueName(): string;
}

/** The host's own clocks, timers and random numbers. */
export const OBJECT_HOST: ObjectHost = {
  ...NETWORK_HOST,
  uniqueName() {
    const words = crypto.getRandomValues(new Uint32Array(4));
    return Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
  },
};
