import '../io/register.ts';

export { CairnLevel } from './cairn-level.ts';
export { LevelError, type LevelErrorCode } from './level-error.ts';
export type { CairnLevelOpenOptions, CairnLevelOptions } from './level-options.ts';
