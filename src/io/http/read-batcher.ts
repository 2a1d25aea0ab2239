import { whenAborted } from '../../when-aborted.ts';
import type { HttpClient } from './http-client.ts';
import type { HttpFile } from './http-file.ts';
import { RangeTransfer } from './range-transfer.ts';
import { type PlannedRequest, planReads } from './read-plan.ts';

/**
 * After this many rounds of microtasks without another read, the reads of this turn are complete. Reads that
 * belong together come from operations that are a few promises apart; a round takes a fraction of a
 * microsecond.
 */
const QUIET_ROUNDS = 16;

/**
 * Collects the reads of a turn and plans them together: bytes that several of them want are requested once.
 */
export class ReadBatcher {
  readonly #client: HttpClient;
  readonly #file: HttpFile;
  #gathered: PendingRead[] = [];
  readonly #underWay = new Set<SharedRequest>();
  readonly #idle = new Set<() => void>();

  constructor(client: HttpClient, file: HttpFile) {
    this.#client = client;
    this.#file = file;
  }

  /** Fills `target` with the bytes from `offset` on, which lie in the file. */
  read(offset: number, target: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#gathered.push(new PendingRead(offset, target, signal, resolve, reject));
      if (this.#gathered.length === 1) this.#gather(0, 1);
    });
  }

  /** Fails all reads, and resolves once no request is being sent any more. */
  async close(reason: unknown): Promise<void> {
    for (const read of this.#gathered) read.fail(reason);
    this.#gathered = [];
    for (const request of this.#underWay) request.fail(reason);
    if (this.#underWay.size > 0) await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  #gather(quiet: number, before: number): void {
    queueMicrotask(() => {
      const { length } = this.#gathered;
      if (length !== before) this.#gather(0, length);
      else if (quiet < QUIET_ROUNDS) this.#gather(quiet + 1, length);
      else this.#send();
    });
  }

  #send(): void {
    const reads = this.#gathered.filter((read) => !read.settled);
    this.#gathered = [];
    for (const planned of planReads(reads, this.#client.limits)) {
      const request = new SharedRequest(
        this.#client,
        this.#file,
        planned,
        planned.serves.map((index) => reads[index]),
      );
      this.#underWay.add(request);
      void request.run().then(() => {
        this.#underWay.delete(request);
        if (this.#underWay.size > 0) return;
        for (const resolve of this.#idle) resolve();
        this.#idle.clear();
      });
    }
  }
}

/** One read of a caller, served by one request or several. */
class PendingRead {
  readonly offset: number;
  readonly length: number;
  settled = false;
  readonly #target: Uint8Array;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  readonly #requests: SharedRequest[] = [];
  readonly #forgetSignal: (() => void) | undefined;
  #outstanding = 0;

  constructor(
    offset: number,
    target: Uint8Array,
    signal: AbortSignal | undefined,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    this.offset = offset;
    this.length = target.length;
    this.#target = target;
    this.#resolve = resolve;
    this.#reject = reject;
    if (signal !== undefined) this.#forgetSignal = whenAborted(signal, () => this.fail(signal.reason));
  }

  join(request: SharedRequest): void {
    this.#requests.push(request);
    this.#outstanding++;
  }

  /**
   * Copies its part of bytes that begin at `at`. After a failure the caller may be using the target for
   * something else.
   */
  take(at: number, chunk: Uint8Array): void {
    if (this.settled) return;
    const from = Math.max(at, this.offset);
    const to = Math.min(at + chunk.length, this.offset + this.length);
    if (from < to) this.#target.set(chunk.subarray(from - at, to - at), from - this.offset);
  }

  /** One of its requests is complete. */
  complete(): void {
    this.#outstanding--;
    if (this.#outstanding === 0 && this.#settle()) this.#resolve();
  }

  fail(reason: unknown): void {
    if (!this.#settle()) return;
    this.#reject(reason);
    for (const request of this.#requests) request.leave();
  }

  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.#forgetSignal?.();
    return true;
  }
}

/** One request for all reads in its range; it ends early once none of them waits any longer. */
class SharedRequest {
  readonly #client: HttpClient;
  readonly #transfer: RangeTransfer;
  readonly #length: number;
  readonly #reads: readonly PendingRead[];
  #waiting: number;

  constructor(
    client: HttpClient,
    file: HttpFile,
    { offset, length }: PlannedRequest,
    reads: readonly PendingRead[],
  ) {
    this.#client = client;
    this.#transfer = new RangeTransfer(client, file, offset, length, false);
    this.#length = length;
    this.#reads = reads;
    this.#waiting = reads.length;
    for (const read of reads) read.join(this);
  }

  /** Never rejects: the reads are failed instead. */
  async run(): Promise<void> {
    const transfer = this.#transfer;
    // Held during the pauses before retries, too, to send less to a server in trouble.
    const permit = this.#client.semaphore.request();
    try {
      await transfer.deadline.wait(permit.granted);
      transfer.deadline.start(this.#client.deadlineFor(this.#length));
      for (;;) {
        const chunk = await transfer.next();
        if (chunk === undefined) break;
        this.#deal(transfer.position - chunk.length, chunk);
      }
      for (const read of this.#reads) read.complete();
    } catch (error) {
      this.fail(error);
    } finally {
      permit.release();
    }
  }

  fail(reason: unknown): void {
    for (const read of this.#reads) read.fail(reason);
  }

  /** One of the reads is not waiting any longer. */
  leave(): void {
    this.#waiting--;
    if (this.#waiting === 0) this.#transfer.interrupt(undefined);
  }

  /** The reads ascend: those behind the chunk need not be asked. */
  #deal(at: number, chunk: Uint8Array): void {
    const end = at + chunk.length;
    for (const read of this.#reads) {
      if (read.offset >= end) break;
      read.take(at, chunk);
    }
  }
}
