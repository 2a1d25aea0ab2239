import './register.ts';

export * from '../namespace/index.ts';
