import './style.css';
import { openSegmentSection } from './segment/segment-section.tsx';

/** What fills each section, the first time that it is shown. */
const sections: Record<string, (section: HTMLElement) => void | Promise<void>> = {
  segment: openSegmentSection,
  train: async (section) => (await import('./train/train-section.tsx')).openTrainSection(section),
};
const opened = new Set<string>();

function showSection(): void {
  const chosen = location.hash.slice(1);
  const shown = Object.hasOwn(sections, chosen) ? chosen : 'segment';
  for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
    if (link.hash === `#${shown}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  for (const [name, open] of Object.entries(sections)) {
    const section = document.getElementById(name)!;
    section.hidden = name !== shown;
    if (name !== shown || opened.has(name)) continue;
    opened.add(name);
    void open(section);
  }
}

window.addEventListener('hashchange', showSection);
showSection();
