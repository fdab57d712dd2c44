import { useRef, useState } from 'preact/hooks';
import { type DrawnClass, mostClasses } from './drawn-class.ts';
import type { TrainActions } from './train-actions.ts';
import type { TrainState } from './train-state.ts';

interface ClassListProps {
  readonly state: TrainState;
  readonly actions: TrainActions;
}

/** The classes: which one the brush paints, and their names and colors, which can be changed. */
export function ClassList({ state, actions }: ClassListProps) {
  const { classes, chosen, isErasing } = state;
  const list = useRef<HTMLUListElement>(null);
  const add = () => {
    actions.addClass();
    list.current!.querySelector<HTMLInputElement>('li:last-child [type=text]')!.select(); // to be named
  };
  return (
    <section aria-label="Classes">
      <h2>Classes</h2>
      <ul class="trainer-classes" data-part="classes" ref={list}>
        {classes.map((drawn, index) => (
          <ClassEntry
            key={drawn.key}
            {...{ drawn, index, actions }}
            isChosen={!isErasing && index === chosen}
            isRemovable={classes.length > 2}
          />
        ))}
      </ul>
      <button
        type="button"
        data-testid="train-add-class"
        disabled={classes.length >= mostClasses}
        onClick={add}
      >
        Add a class
      </button>
    </section>
  );
}

interface ClassEntryProps {
  readonly drawn: DrawnClass;
  readonly index: number;
  readonly isChosen: boolean;
  readonly isRemovable: boolean;
  readonly actions: TrainActions;
}

function ClassEntry({ drawn, index, isChosen, isRemovable, actions }: ClassEntryProps) {
  const { name, color } = drawn;
  /** A name that is being typed. */
  const [draft, setDraft] = useState<string>();
  const rename = () => {
    setDraft(undefined);
    if (draft !== undefined) actions.changeClass(index, { name: draft });
  };
  return (
    <li>
      <input
        type="radio"
        name="train-class"
        aria-label={`Paint ${name}`}
        checked={isChosen}
        onChange={() => actions.choose(index)}
      />
      <input
        type="color"
        aria-label={`Color of ${name}`}
        value={color}
        onInput={({ currentTarget }) => actions.changeClass(index, { color: currentTarget.value })}
      />
      <input
        type="text"
        aria-label={`Name of class ${index}`}
        autocomplete="off"
        value={draft ?? name}
        onFocus={() => actions.choose(index)}
        onInput={({ currentTarget }) => setDraft(currentTarget.value)}
        onChange={rename}
      />
      <button
        type="button"
        title={`Remove ${name}`}
        aria-label={`Remove ${name}`}
        disabled={!isRemovable}
        onClick={() => actions.removeClass(index)}
      >
        ×
      </button>
    </li>
  );
}
