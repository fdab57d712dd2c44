/** What a step of training takes on one node, and what it moves. */
export interface StepCost {
  /** Seconds of the gradients of one micro-batch. */
  readonly gradients: number;
  /** Seconds of the update that ends a step. */
  readonly update: number;
  /** Of the gradients that are summed. */
  readonly bytes: number;
  /** Standard deviation of `gradients` from node to node, as a share of it. */
  readonly jitter: number;
}

export interface Network {
  /** Seconds that a message of a few bytes takes. */
  readonly latency: number;
  readonly bytesPerSecond: number;
}

/**
 * Seconds that a sum over all nodes takes: log2 N messages there and back, and each byte of a node goes out and comes in
 * 2 (N - 1) / N times, which is the least that is possible (Rabenseifner 2004; Thakur et al. 2005, section 4).
 */
export function sumSeconds({ latency, bytesPerSecond }: Network, bytes: number, nodes: number): number {
  if (nodes === 1) return 0;
  return 2 * Math.ceil(Math.log2(nodes)) * latency + (2 * (nodes - 1) * bytes) / (nodes * bytesPerSecond);
}

/**
 * Seconds of a step of `accumulate` micro-batches on each node. All wait for the slowest: of N nodes whose times scatter normally, it
 * is late by about sqrt(2 ln N) standard deviations, and over several micro-batches that partly cancels. Nothing is summed while
 * gradients are computed, so that nothing overlaps.
 */
export function stepSeconds(cost: StepCost, network: Network, nodes: number, accumulate: number): number {
  const { gradients, update, bytes, jitter } = cost;
  const late = jitter * Math.sqrt((2 * Math.log(nodes)) / accumulate);
  return accumulate * gradients * (1 + late) + sumSeconds(network, bytes, nodes) + update;
}

/** How much of N nodes is used: the time of a step on one, by that of the same step on each of N together. */
export function efficiency(cost: StepCost, network: Network, nodes: number, accumulate: number): number {
  return stepSeconds(cost, network, 1, accumulate) / stepSeconds(cost, network, nodes, accumulate);
}

/** Ethernet of so many Gbit/s, of which TCP and MPI leave nine tenths, and the latency of TCP between machines. */
export function ethernet(gigabits: number): Network {
  return { latency: 50e-6, bytesPerSecond: (0.9 * gigabits * 1e9) / 8 };
}
