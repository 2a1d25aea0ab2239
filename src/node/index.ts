import './register.ts';

export * from '../index.ts';
