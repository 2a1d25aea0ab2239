/** How a figure is written, by the kind of row. */
export const formats = {
  rate: (/** @type {number} */ value) =>
    value >= 9.95e6
      ? `${(value / 1e6).toFixed(0)}M`
      : value >= 1e6
        ? `${(value / 1e6).toFixed(2)}M`
        : `${(value / 1e3).toFixed(value < 9950 ? 1 : 0)}k`,
  megabytes: (/** @type {number} */ value) => `${(value / 1e6).toFixed(value < 100e6 ? 1 : 0)} MB`,
  milliseconds: (/** @type {number} */ value) => `${value.toFixed(1)} ms`,
  microseconds: (/** @type {number} */ value) => `${value.toFixed(2)} µs`,
  nanoseconds: (/** @type {number} */ value) => `${value.toFixed(0)} ns`,
};

/** @typedef {keyof typeof formats} Format */
