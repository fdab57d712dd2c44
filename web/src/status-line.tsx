/** What the page is doing, or what went wrong. */
export interface Status {
  readonly text: string;
  readonly isError: boolean;
}

interface StatusLineProps {
  readonly status: Status;
  readonly testId: string;
  /** Whether screen readers are told of each change; not where many come in a second. */
  readonly isQuiet?: boolean;
}

export function StatusLine({ status, testId, isQuiet }: StatusLineProps) {
  return (
    <p
      class={status.isError ? 'status error' : 'status'}
      role="status"
      aria-live={isQuiet ? 'off' : undefined}
      data-testid={testId}
    >
      {status.text}
    </p>
  );
}
