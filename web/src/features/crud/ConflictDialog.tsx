import { Modal } from 'antd';
import { useState } from 'react';
import type { Entity, Values } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { fieldKind } from '../fields/registry.tsx';
import type { Conflict } from './use-save-record.ts';

interface Props {
  entity: Entity;
  conflict: Conflict;
  saving: boolean;
  onSettle: (chosen: Values) => void;
  onCancel: () => void;
}

// Both versions side by side, one choice per clashing field. My change is chosen at first, because
// it is what the person just asked for.
export function ConflictDialog({ entity, conflict, saving, onSettle, onCancel }: Props) {
  const { t, say, locale } = useText();
  const [mine, setMine] = useState<ReadonlySet<string>>(() => new Set(conflict.clashes.map((clash) => clash.field)));
  const choose = (field: string, isMine: boolean): void => {
    const next = new Set(mine);
    if (isMine) next.add(field);
    else next.delete(field);
    setMine(next);
  };
  const settle = (): void => {
    const kept = conflict.clashes.filter((clash) => mine.has(clash.field));
    onSettle(Object.fromEntries(kept.map((clash) => [clash.field, clash.mine])));
  };
  const context = { locale, yes: t('list.yes'), no: t('list.no') };
  return (
    <Modal
      open
      width={640}
      title={t('conflict.title')}
      okText={t('conflict.save')}
      cancelText={t('form.cancel')}
      confirmLoading={saving}
      onOk={settle}
      onCancel={onCancel}
    >
      <p>{t('conflict.text')}</p>
      <table className="conflict-table" data-testid="conflict">
        <thead>
          <tr>
            <th scope="col">{t('conflict.field')}</th>
            <th scope="col">{t('conflict.mine')}</th>
            <th scope="col">{t('conflict.theirs')}</th>
          </tr>
        </thead>
        <tbody>
          {conflict.clashes.map((clash) => {
            const field = entity.fields.find((candidate) => candidate.name === clash.field);
            if (!field) return null;
            const { display } = fieldKind(field.type);
            return (
              <tr key={clash.field}>
                <th scope="row">{say(field.label)}</th>
                {[true, false].map((isMine) => (
                  <td key={String(isMine)}>
                    <label>
                      <input
                        type="radio"
                        name={clash.field}
                        checked={mine.has(clash.field) === isMine}
                        onChange={() => { choose(clash.field, isMine); }}
                      />
                      <span>{display(isMine ? clash.mine : clash.theirs, { field, ...context })}</span>
                    </label>
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Modal>
  );
}
