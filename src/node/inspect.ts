import './register.ts';

export * from '../inspect/index.ts';
