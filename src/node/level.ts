import './register.ts';

export * from '../level/index.ts';
