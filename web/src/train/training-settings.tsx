import type { TrainActions } from './train-actions.ts';
import { batchSize, type TrainState } from './train-state.ts';

interface TrainingSettingsProps {
  readonly state: TrainState;
  readonly actions: TrainActions;
}

/** The choice of a network, and of the rate at which it learns. */
export function TrainingSettings({ state, actions }: TrainingSettingsProps) {
  const { networks, network, learningRate, threads, device } = state;
  const by = device === 'webgpu' ? 'WebGPU' : `WebAssembly on ${threads} thread${threads === 1 ? '' : 's'}`;
  const choose = (index: number) =>
    actions.set({ network: index, learningRate: String(networks[index]!.learningRate) });
  return (
    <details>
      <summary>Settings</summary>
      <label class="trainer-setting">
        Network{' '}
        <select
          data-testid="train-network"
          value={network}
          onChange={({ currentTarget }) => choose(currentTarget.selectedIndex)}
        >
          {networks.map(({ title }, index) => (
            <option key={title} value={index}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label class="trainer-setting">
        Learning rate{' '}
        <input
          inputmode="decimal"
          autocomplete="off"
          data-testid="train-rate"
          value={learningRate}
          onInput={({ currentTarget }) => actions.set({ learningRate: currentTarget.value })}
        />
      </label>
      <p class="trainer-hint">{threads !== undefined && `${by}, batches of ${batchSize} images`}</p>
    </details>
  );
}
