import { HTTP_PLATFORM, type HttpEnvironment } from '../http/http-environment.ts';

/** What a storage of objects needs from the world besides `fetch`; tests put their own in its place. */
export interface ObjectPlatform extends HttpEnvironment {
  /** A name that nobody has used: letters and digits. */
  uniqueName(): string;
}

/** The clocks, the timers and the random numbers of the platform. */
export const OBJECT_PLATFORM: ObjectPlatform = {
  ...HTTP_PLATFORM,
  uniqueName() {
    const words = crypto.getRandomValues(new Uint32Array(4));
    return Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
  },
};
