import './register.ts';

export * from '../collection/index.ts';
