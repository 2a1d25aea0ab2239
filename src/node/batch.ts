import './register.ts';

export * from '../batch/index.ts';
