/** The decade of an item, as an attribute: derived from whatever names its year. */

/** Of a title that ends in its year, `Some Like It Hot (1959)`, or a series' years, `Scenes (2006–2007)`. */
export function decadeOfTitle(title: string): string | undefined {
  return decade(/\((\d{4})(?:[-–]\d{0,4})?\)\s*$/.exec(title)?.[1]);
}

/** Of a year, a date or a time that begins with it (`1959`, `1959-03-29`), or of such a title. */
export function decadeOf(text: string): string | undefined {
  return decadeOfTitle(text) ?? decade(/^\s*(\d{4})(?:\D|$)/.exec(text)?.[1]);
}

function decade(digits: string | undefined): string | undefined {
  const year = Number(digits);
  return year >= 1870 && year < 2200 ? `decade/${Math.floor(year / 10) * 10}` : undefined;
}
