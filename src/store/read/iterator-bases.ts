type Base = abstract new () => object;

/** A class whose instances have what iterators of the platform have: `map`, `take` …, if there are such helpers. */
function baseOf(iterator: object): Base {
  class HasHelpers {}
  Object.setPrototypeOf(HasHelpers.prototype, Object.getPrototypeOf(Object.getPrototypeOf(iterator)));
  return HasHelpers;
}

/** The base of iterators. */
export const IteratorBase: Base = baseOf([][Symbol.iterator]());

/** The base of asynchronous iterators. */
export const AsyncIteratorBase: Base = baseOf(Object.getPrototypeOf((async function* () {})()));
