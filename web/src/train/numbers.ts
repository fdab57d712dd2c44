/** How far a training is, and how its last step went. */
interface Numbers {
  readonly iteration: number;
  readonly loss?: number;
  readonly milliseconds?: number;
}

/** Shows the numbers of a training, for people as text and for programs as values. */
export function showNumbers(find: (name: string) => HTMLElement, numbers: Numbers): void {
  const { iteration, loss, milliseconds } = numbers;
  setData(find('step'), String(iteration), iteration);
  setData(find('loss'), loss === undefined ? '–' : formatLoss(loss), loss);
  setData(find('time'), milliseconds === undefined ? '–' : `${milliseconds.toFixed(0)} ms`, milliseconds);
}

/** As a number that JavaScript reads. */
function formatLoss(loss: number): string {
  return loss < 1000 ? loss.toFixed(4) : loss.toExponential(2);
}

function setData(element: HTMLElement, text: string, value: number | undefined): void {
  element.textContent = text;
  (element as HTMLDataElement).value = value === undefined ? '' : String(value);
}
