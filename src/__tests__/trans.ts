import type { TranslationBundle } from '@jupyterlab/translation';

const insert = (text: string, values: unknown[]): string =>
  text.replace(/%(\d+)/g, (_, index: string) => String(values[Number(index) - 1]));

const plural = (one: string, many: string, n: number, values: unknown[]): string =>
  insert(n === 1 ? one : many, [n, ...values]);

/** The English texts, which the product shows when no language pack is installed. */
export const trans: TranslationBundle = {
  __: (text, ...values) => insert(text, values),
  _n: (one, many, n, ...values) => plural(one, many, n, values),
  _p: (_context, text, ...values) => insert(text, values),
  _np: (_context, one, many, n, ...values) => plural(one, many, n, values),
  gettext: (text, ...values) => insert(text, values),
  ngettext: (one, many, n, ...values) => plural(one, many, n, values),
  pgettext: (_context, text, ...values) => insert(text, values),
  npgettext: (_context, one, many, n, ...values) => plural(one, many, n, values),
  dcnpgettext: (_domain, _context, one, many, n, ...values) => plural(one, many, n, values)
};
