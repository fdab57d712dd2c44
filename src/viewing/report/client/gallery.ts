import type { ExampleData, GalleryData, LabelingData, ReportData } from '../report-data.ts';
import type { Child, Elements } from './elements.ts';

/** Images with truth, prediction and errors laid over them, as opaque as the slider says. */
export function createGallery({ element, swatch, percent }: Elements) {
  // What the reader chose outlives an update.
  let opacity = 65;

  function picture(image: string, over: string | null, description: string, { width, height }: ExampleData) {
    const size = { width, height, decoding: 'async' };
    return element(
      'span',
      { class: 'picture' },
      element('img', { src: image, alt: over ? '' : description, ...size }),
      over !== null && element('img', { src: over, alt: description, class: 'over', ...size }),
    );
  }

  /** Where the image stands in the row above. */
  function blank({ width, height }: ExampleData): HTMLElement {
    return element('div', {
      class: 'panel',
      style: `aspect-ratio: ${width} / ${height}`,
      'aria-hidden': 'true',
    });
  }

  function panel(name: string, content: HTMLElement): HTMLElement {
    return element('div', { class: 'panel' }, content, element('span', { class: 'muted' }, name));
  }

  /** @param head its name, where networks have several */
  function panelsOf(
    example: ExampleData,
    labeling: LabelingData,
    runs: readonly string[],
    head: string,
  ): Child {
    const { id, image } = example;
    const { truth, predictions } = labeling;
    const several = runs.length > 1;
    const named = (what: string) => (head ? `${what}, ${head}` : what);
    return [
      panel(named('truth'), picture(image, truth, `${named('Truth')} of ${id}`, example)),
      predictions.map(({ labels, errors }, i) => {
        const of = several ? ` of ${runs[i]}` : '';
        return [
          panel(
            named(`prediction${of}`),
            picture(image, labels, `${named(`Prediction${of}`)} for ${id}`, example),
          ),
          panel(named(`errors${of}`), picture(image, errors, `${named(`Errors${of}`)} in ${id}`, example)),
        ];
      }),
    ];
  }

  function exampleFigure(example: ExampleData, { runs, heads }: GalleryData): HTMLElement {
    const { id, image, others = [] } = example;
    const several = runs.length > 1;
    const all: LabelingData[] = [example, ...others];
    const headName = (i: number) => heads?.[i]?.name ?? '';
    return element(
      'figure',
      { class: 'example' },
      element(
        'figcaption',
        {},
        element('strong', {}, id),
        all.map(({ predictions }, head) =>
          predictions.map(({ meanIoU }, i) => {
            const of = headName(head) ? `${headName(head)} ` : '';
            const text = `${of}${several ? `${runs[i]} ` : 'mean IoU '}${percent(meanIoU)}`;
            return element('span', { class: 'muted' }, text);
          }),
        ),
      ),
      element(
        'div',
        { class: 'panels' },
        panel('image', picture(image, null, `Image ${id}`, example)),
        panelsOf(example, example, runs, headName(0)),
      ),
      others.map((labeling, i) =>
        element(
          'div',
          { class: 'panels' },
          blank(example),
          panelsOf(example, labeling, runs, headName(i + 1)),
        ),
      ),
    );
  }

  function controls(holder: HTMLElement, gallery: GalleryData, number: number): HTMLElement {
    const shown = element('output', { for: `opacity-${number}` }, `${opacity} %`);
    const slider = element('input', {
      type: 'range',
      id: `opacity-${number}`,
      min: 0,
      max: 100,
      step: 5,
      value: opacity,
    }) as HTMLInputElement;
    const apply = () => {
      holder.style.setProperty('--opacity', String(opacity / 100));
      shown.textContent = `${opacity} %`;
    };
    slider.addEventListener('input', () => {
      opacity = Number(slider.value);
      apply();
    });
    apply();
    return element(
      'div',
      { class: 'controls' },
      element('label', { for: `opacity-${number}` }, 'Opacity of the labels'),
      slider,
      shown,
      (gallery.heads ?? [{ name: '', legend: gallery.legend }]).map(({ name: head, legend }) =>
        element(
          'ul',
          { class: 'legend', 'aria-label': head ? `Classes, ${head}` : 'Classes' },
          head && element('li', { class: 'muted' }, `${head}:`),
          legend.map(({ name, color }) => element('li', {}, swatch(color), name)),
          element('li', {}, swatch('rgb(255 48 80)'), 'error'),
        ),
      ),
    );
  }

  function galleryOf(gallery: GalleryData, number: number): HTMLElement {
    const holder = element('div', { class: 'gallery' }, element('p', { class: 'muted' }, gallery.note));
    if (gallery.groups.length === 0) return holder;
    holder.append(
      controls(holder, gallery, number),
      ...gallery.groups.map(({ name, examples }) =>
        element(
          'section',
          { 'aria-label': `${name} images` },
          element('h3', {}, name),
          element(
            'div',
            { class: 'examples' },
            examples.map((example) => exampleFigure(example, gallery)),
          ),
        ),
      ),
    );
    return holder;
  }

  return function gallery({ galleries }: ReportData): Child[] {
    return galleries.map(galleryOf);
  };
}
