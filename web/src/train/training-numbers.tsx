import type { Progress } from './train-state.ts';

interface TrainingNumbersProps {
  readonly progress: Progress;
}

/** The numbers of a training, for people as text and for programs as values. */
export function TrainingNumbers({ progress: { iteration, loss, milliseconds } }: TrainingNumbersProps) {
  return (
    <dl class="trainer-numbers">
      <Figure title="Loss" name="loss" value={loss} text={loss === undefined ? '–' : formatLoss(loss)} />
      <Figure title="Step" name="step" value={iteration} text={String(iteration)} />
      <Figure
        title="Time per step"
        name="time"
        value={milliseconds}
        text={milliseconds === undefined ? '–' : `${milliseconds.toFixed(0)} ms`}
      />
    </dl>
  );
}

interface FigureProps {
  readonly title: string;
  readonly name: string;
  readonly value: number | undefined;
  readonly text: string;
}

function Figure({ title, name, value, text }: FigureProps) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        <data data-testid={`train-${name}`} value={value === undefined ? '' : String(value)}>
          {text}
        </data>
      </dd>
    </div>
  );
}

/** As a number that JavaScript reads. */
function formatLoss(loss: number): string {
  return loss < 1000 ? loss.toFixed(4) : loss.toExponential(2);
}
