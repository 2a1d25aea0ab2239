/** Those of the named arguments that the command line has: an option that it doesn't have keeps the library's default. */
export function chosen<Args extends object, Name extends keyof Args>(
  args: Args,
  ...names: readonly Name[]
): { readonly [N in Name]?: Exclude<Args[N], undefined> } {
  const values: { [N in Name]?: Exclude<Args[N], undefined> } = {};
  for (const name of names) {
    const value = args[name];
    if (value !== undefined) values[name] = value as Exclude<Args[Name], undefined>;
  }
  return values;
}
