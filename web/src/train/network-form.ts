import { inputError } from '../../../src/base/errors.ts';
import type { ModelConfig } from '../../../src/networks/model-config.ts';
import { type NetworkChoice, networkChoices } from './networks.ts';

/** The choice of a network, and of the rate at which it learns. */
export class NetworkForm {
  readonly #select: HTMLSelectElement;
  readonly #rate: HTMLInputElement;
  readonly #choices: NetworkChoice[] = [...networkChoices];

  constructor(select: HTMLSelectElement, rate: HTMLInputElement) {
    this.#select = select;
    this.#rate = rate;
    this.#show(0);
    this.#suggestRate();
    select.addEventListener('change', () => this.#suggestRate());
  }

  /** @throws FcnError when the learning rate is none. */
  read(): Pick<NetworkChoice, 'model' | 'width' | 'learningRate'> {
    const text = this.#rate.value.trim();
    const learningRate = Number(text);
    if (text === '' || !(learningRate > 0 && learningRate <= 10)) {
      throw inputError(
        `learning rate: got '${text}', expected a number above 0, at most 10; 0.01 is a good start`,
      );
    }
    const { model, width } = this.#chosen;
    return { model, width, learningRate };
  }

  /** Chooses the network of a file, which need not be one of those that are offered. */
  adopt({ model, width }: ModelConfig): void {
    const known = this.#choices.findIndex((choice) => choice.model === model && choice.width === width);
    const learningRate = this.#chosen.learningRate;
    const title = `${model}, width ${width}`;
    this.#show(known >= 0 ? known : this.#choices.push({ model, width, learningRate, title }) - 1);
  }

  get #chosen(): NetworkChoice {
    return this.#choices[this.#select.selectedIndex]!;
  }

  #show(chosen: number): void {
    this.#select.replaceChildren(...this.#choices.map(({ title }) => new Option(title)));
    this.#select.selectedIndex = chosen;
  }

  #suggestRate(): void {
    this.#rate.value = String(this.#chosen.learningRate);
  }
}
