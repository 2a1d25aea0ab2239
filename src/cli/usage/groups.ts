/** What the commands have in common whose name is two words, by the first of them. */
export const COMMAND_GROUPS: Readonly<Record<string, string>> = {
  job: 'the steps of a batch job one by one, for launchers of your own',
};
