import { App } from 'antd';
import type { Entity } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { fieldKind } from '../fields/registry.tsx';
import { sameValue } from './merge.ts';
import type { SaveResult } from './use-save-record.ts';

// Says that it was saved and, when a plugin's rules stored something else than was typed, what.
export function useAnnounceSaved(entity: Entity) {
  const { message, notification } = App.useApp();
  const { t, say, locale } = useText();
  return (result: SaveResult): void => {
    if (result.kind !== 'saved') return;
    const context = { locale, yes: t('list.yes'), no: t('list.no') };
    // `1200` stored as `1200.00` is the same to whoever typed it, so what is shown decides.
    const adjusted = entity.fields.filter((field) => {
      const sent = result.sent[field.name];
      const stored = result.row[field.name];
      if (!(field.name in result.sent) || sameValue(sent, stored)) return false;
      const { cell } = fieldKind(field.type);
      return field.type === 'reference' || cell(sent, { field, ...context }) !== cell(stored, { field, ...context });
    });
    if (adjusted.length === 0) {
      void message.success(result.merged ? t('conflict.merged') : t('form.saved'));
      return;
    }
    notification.success({
      title: t('form.adjusted'),
      description: adjusted.map((field) => {
        const { display } = fieldKind(field.type);
        return (
          <div key={field.name} data-testid={`adjusted-${field.name}`}>
            {say(field.label)}: {display(result.sent[field.name], { field, ...context })} →{' '}
            <strong>{display(result.row[field.name], { field, ...context })}</strong>
          </div>
        );
      }),
    });
  };
}
