interface FileButtonProps {
  readonly text: string;
  readonly id?: string;
  readonly testId: string;
  /** What the dialog offers, as of `<input accept>`. */
  readonly accept: string;
  readonly multiple?: boolean;
  readonly isPrimary?: boolean;
  onFiles(files: readonly File[]): void;
}

/** A button that opens the browser's dialog for files. */
export function FileButton({ text, id, testId, accept, multiple, isPrimary, onFiles }: FileButtonProps) {
  const take = ({ currentTarget: input }: { currentTarget: HTMLInputElement }) => {
    const files = [...(input.files ?? [])];
    input.value = ''; // so that the same file can be chosen again
    if (files.length > 0) onFiles(files);
  };
  return (
    <label class={isPrimary ? 'button primary' : 'button'}>
      {text}
      <input type="file" id={id} data-testid={testId} accept={accept} multiple={multiple} onChange={take} />
    </label>
  );
}
