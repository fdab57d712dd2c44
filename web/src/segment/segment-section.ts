/** Fills the section that segments images. */
export function openSegmentSection(section: HTMLElement): void {
  section.textContent = '';
}
