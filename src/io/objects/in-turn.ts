import type { RequestSlots } from '../http/request-slots.ts';

/** Does something when it is its turn. */
export async function inTurn<T>(slots: RequestSlots, act: () => Promise<T>): Promise<T> {
  const turn = slots.ask();
  try {
    await turn.turn;
    return await act();
  } finally {
    turn.release();
  }
}

/** Does something with several items at once, each in its turn; waits for all that were begun, also when one fails. */
export async function eachInTurn<T>(
  slots: RequestSlots,
  items: readonly T[],
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  let failed = false;
  const outcomes = await Promise.allSettled(
    items.map((item) =>
      inTurn(slots, async () => {
        try {
          if (!failed) await act(item);
        } catch (error) {
          failed = true;
          throw error;
        }
      }),
    ),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
