/**
 * Returns a test whether text matches a pattern as a whole: `*` is any text, `?` one character, everything
 * else itself. Takes time in proportion to the lengths' product at most.
 */
export function wildcards(pattern: string): (text: string) => boolean {
  return (text) => {
    let at = 0;
    let next = 0;
    /** After the last star: where the pattern goes on, and up to where the star reaches. */
    let star = -1;
    let reached = 0;
    while (at < text.length) {
      if (next < pattern.length && pattern[next] === '*') {
        star = ++next;
        reached = at;
      } else if (next < pattern.length && (pattern[next] === '?' || pattern[next] === text[at])) {
        next++;
        at++;
      } else if (star >= 0) {
        next = star;
        at = ++reached;
      } else {
        return false;
      }
    }
    while (pattern[next] === '*') next++;
    return next === pattern.length;
  };
}
