import type { Communicator } from '../../base/mpi/communicator.ts';

/** What rank 0 can ask the others to do with it. */
const kinds = ['end', 'begin', 'update', 'align', 'validate'] as const;
export type OrderKind = (typeof kinds)[number];

export interface Order {
  readonly kind: OrderKind;
  /** Of the update or the validation. */
  readonly iteration: number;
}

/** Gives an order, on rank 0, or waits for one. */
export async function passOrder(
  world: Communicator,
  { kind, iteration }: Order = { kind: 'end', iteration: 0 },
): Promise<Order> {
  const message = new Float64Array(new ArrayBuffer(16));
  message.set([kinds.indexOf(kind), iteration]);
  await world.broadcastPatiently(message);
  return { kind: kinds[message[0]!]!, iteration: message[1]! };
}
