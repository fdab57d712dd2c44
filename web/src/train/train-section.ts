/** Fills the section that trains a network. */
export function openTrainSection(section: HTMLElement): void {
  section.textContent = '';
}
