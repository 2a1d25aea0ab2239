import './register.ts';

export * from '../table/index.ts';
