import { useTranslation } from 'react-i18next';
import type { Localized } from '../api/types.ts';
import type { Locale } from './index.ts';
import { localText } from './local-text.ts';

// The two sources of text in one hook: `t` for our own keys, `say` for texts from manifests.
export function useText() {
  const { t, i18n } = useTranslation();
  const locale = i18n.language as Locale;
  return { t, locale, say: (text: Localized | undefined) => localText(text, locale) };
}
