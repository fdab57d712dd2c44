export { classesOfRow, highestOfEntries } from './interpolated-classes';
export { lookUpBytes, lookUpWords } from './look-up';
