/** Figures as SVG text, drawn without a browser (docs/adr/0012-plots-by-vega-lite.md). */
import type { Figure } from './figure.js';

/** Loads the drawing library, which nothing but a report needs, and returns what draws a figure. */
export async function openPlots(): Promise<(figure: Figure) => Promise<string>> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  return async ({ id, title, alt, spec }) => {
    const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
    try {
      return named(await view.toSVG(), id, title, alt);
    } finally {
      view.finalize();
    }
  };
}

/** An image with a name and a description; without the marks' own labels, which would be read out one by one. */
function named(svg: string, id: string, title: string, alt: string): string {
  // Every drawing calls its first gradient the same.
  const plain = svg.replace(/ (aria-[a-z]+|role)="[^"]*"/g, '').replace(/ id="|url\(#/g, (start) => `${start}${id}-`);
  const head = `<svg role="img" aria-labelledby="${id}-title ${id}-alt"`;
  const names = `<title id="${id}-title">${escapeHtml(title)}</title><desc id="${id}-alt">${escapeHtml(alt)}</desc>`;
  return shortened(plain).replace(/^<svg([^>]*)>/, (_, rest: string) => `${head}${rest}>${names}`);
}

/** Places to a hundredth of a pixel: half of a drawing is digits that nobody can see. */
const shortened = (svg: string): string =>
  svg.replace(/ (d|transform|[xy][12]?|width|height)="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2)))),
  );

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** For text and for attribute values in double quotes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
