/** The state of a section: replaced as a whole, never changed in place. Whoever listens is told of each change. */
export class Store<State extends object> {
  #state: State;
  readonly #listeners: (() => void)[] = [];

  constructor(state: State) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  update(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
