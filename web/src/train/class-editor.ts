import type { DrawnClass } from './class-list.ts';

interface ClassEditorOptions {
  readonly list: HTMLElement;
  readonly onChoose: (index: number) => void;
  readonly onChange: (index: number, change: Partial<Pick<DrawnClass, 'name' | 'color'>>) => void;
  readonly onRemove: (index: number) => void;
}

/** Shows the classes: which one the brush paints, and their names and colors, which can be changed. */
export function showClasses(
  classes: readonly DrawnClass[],
  chosen: number | undefined,
  { list, onChoose, onChange, onRemove }: ClassEditorOptions,
): void {
  const items = classes.map(({ key, name, color }, index) => {
    const item = document.createElement('li');
    const choice = input('radio', `Paint ${name}`, { name: 'train-class', checked: index === chosen });
    choice.addEventListener('change', () => onChoose(index));
    const picker = input('color', `Color of ${name}`, { value: color });
    picker.addEventListener('input', () => onChange(index, { color: picker.value }));
    const text = input('text', `Name of class ${index}`, { value: name });
    text.autocomplete = 'off';
    text.dataset.key = String(key);
    text.addEventListener('focus', () => {
      choice.checked = true;
      onChoose(index);
    });
    text.addEventListener('change', () => onChange(index, { name: text.value }));
    const remove = document.createElement('button');
    Object.assign(remove, { type: 'button', textContent: '×', title: `Remove ${name}` });
    remove.setAttribute('aria-label', `Remove ${name}`);
    remove.disabled = classes.length <= 2;
    remove.addEventListener('click', () => onRemove(index));
    item.append(choice, picker, text, remove);
    return item;
  });
  list.replaceChildren(...items);
}

function input(
  type: string,
  label: string,
  properties: { name?: string; checked?: boolean; value?: string },
): HTMLInputElement {
  const element = document.createElement('input');
  Object.assign(element, { type, ...properties });
  element.setAttribute('aria-label', label);
  return element;
}
