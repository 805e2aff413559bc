import { switchLocale } from '../../i18n/index.ts';
import { useText } from '../../i18n/use-text.ts';

// The button names the other language in that language, so whoever needs it can read it.
export function LanguageSwitch() {
  const { locale, t } = useText();
  const other = locale === 'zh-CN' ? 'en' : 'zh-CN';
  return (
    <button
      type="button"
      className="text-button"
      lang={other}
      data-testid="language"
      title={t('layout.language')}
      onClick={() => void switchLocale(other)}
    >
      {other === 'en' ? 'English' : '中文'}
    </button>
  );
}
