import { train } from './train.ts';

const losses = await train(console.log);
console.log(JSON.stringify(losses));
