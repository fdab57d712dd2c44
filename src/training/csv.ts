export type Row = readonly (string | number)[];

export function csvLine(cells: Row): string {
  const quoted = cells.map((cell) => {
    const text = String(cell);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${quoted.join(',')}\n`;
}

/** The whole lines of a CSV text, with the line breaks that are quoted; what stands behind the last end of a line is none. */
export function csvLines(text: string): string[] {
  const lines: string[] = [];
  let begun = '';
  let isOpen = false;
  for (const part of text.split('\n').slice(0, -1)) {
    begun += part;
    // Of this part alone: a quote that nobody closed may leave all of a damaged file in one line.
    if ((part.match(/"/g)?.length ?? 0) % 2 === 1) isOpen = !isOpen;
    if (isOpen) begun += '\n';
    else {
      lines.push(begun);
      begun = '';
    }
  }
  return begun === '' ? lines : [...lines, begun];
}

export function parseCsvLine(line: string): string[] {
  const cells = line.match(/("[^"]*(?:""[^"]*)*"|[^,]*)(,|$)/g) ?? [];
  return cells
    .slice(0, line.endsWith(',') ? cells.length : -1)
    .map((cell) => cell.replace(/,$/, ''))
    .map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}
