import type { Localized } from '../api/types.ts';

// A manifest may lack one of the languages; any text is better than none.
export function localText(text: Localized | undefined, locale: string): string {
  if (text === undefined) return '';
  if (typeof text === 'string') return text;
  return text[locale] ?? text['zh-CN'] ?? text['en'] ?? Object.values(text)[0] ?? '';
}
