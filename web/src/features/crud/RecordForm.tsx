import { Alert, App, Button, Form } from 'antd';
import { useState } from 'react';
import { deleteRecord, type VersionedRow } from '../../api/client.ts';
import { ApiError, toProblem } from '../../api/problem.ts';
import type { Entity, Row, Values } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { formatDateTime, plainText } from '../fields/format.ts';
import { useReportProblem } from '../layout/use-report-problem.tsx';
import { useSession } from '../session/session.ts';
import { ConflictDialog } from './ConflictDialog.tsx';
import { dropDraft, type DraftKey, readDraft, writeDraft } from './drafts.ts';
import { FormFields } from './FormFields.tsx';
import { toFormErrors } from './form-errors.ts';
import { changesBetween } from './merge.ts';
import { useAnnounceSaved } from './use-announce-saved.tsx';
import { type Conflict, type SaveResult, useSaveRecord } from './use-save-record.ts';

interface Props {
  plugin: string;
  entity: Entity;
  loaded: VersionedRow | undefined;
  onClose: () => void;
}

function startValues(entity: Entity, row: Row | undefined): Values {
  return Object.fromEntries(entity.fields.map((field) => [field.name, row ? row[field.name] : field.default]));
}

export function RecordForm({ plugin, entity, loaded: latest, onClose }: Props) {
  const { t, locale } = useText();
  const { modal, message } = App.useApp();
  const report = useReportProblem();
  const announce = useAnnounceSaved(entity);
  const [form] = Form.useForm<Values>();
  const user = useSession().data?.signedIn?.user.id ?? '';
  const key: DraftKey = { user, plugin, entity: entity.name, record: latest?.row.id ?? 'new' };
  const [draft, setDraft] = useState(() => readDraft(sessionStorage, key));
  // The version this form was opened on stays its base until the form closes; a draft brings the
  // one it was typed over.
  const [loaded, setLoaded] = useState(draft?.base ?? latest);
  const initial = startValues(entity, loaded?.row);
  const at = { plugin, entity: entity.name };
  const { save, settle, saving } = useSaveRecord(at, loaded);
  const [conflict, setConflict] = useState<Conflict>();

  const finish = (result: SaveResult): void => {
    if (result.kind === 'conflict') {
      setConflict(result.conflict);
      return;
    }
    dropDraft(sessionStorage, key);
    announce(result);
    onClose();
  };
  const fail = (error: unknown): void => {
    const problem = toProblem(error);
    const errors = toFormErrors(problem, entity.fields.map((field) => field.name));
    form.setFields(errors.byField);
    const first = errors.byField[0];
    if (first) form.scrollToField(first.name, { focus: true });
    if (errors.rest) report(new ApiError(errors.rest));
  };
  const submit = async (values: Values): Promise<void> => {
    const base: Values = loaded?.row ?? {};
    const changes = changesBetween(base, values);
    if (loaded && Object.keys(changes).length === 0) {
      dropDraft(sessionStorage, key);
      onClose();
      return;
    }
    await save(changes).then(finish, fail);
  };
  const discard = (): void => {
    dropDraft(sessionStorage, key);
    setDraft(undefined);
    setLoaded(latest);
    form.setFieldsValue(startValues(entity, latest?.row));
  };
  const remove = (): void => {
    if (!loaded) return;
    const name = plainText(loaded.row[entity.label_field ?? 'id']);
    modal.confirm({
      title: t('form.deleteTitle', { name }),
      content: t('form.deleteText'),
      okText: t('form.delete'),
      cancelText: t('form.cancel'),
      okButtonProps: { danger: true },
      onOk: () =>
        deleteRecord(at, loaded.row.id).then(() => {
          dropDraft(sessionStorage, key);
          void message.success(t('form.deleted'));
          onClose();
        }, report),
    });
  };

  return (
    <Form<Values>
      form={form}
      layout="vertical"
      className="record-sheet"
      requiredMark
      initialValues={{ ...initial, ...draft?.values }}
      onValuesChange={(_, all) => { writeDraft(sessionStorage, key, { values: changesBetween(initial, all), base: loaded }); }}
      onFinish={(values) => void submit(values)}
      onFinishFailed={({ errorFields: [first] }) => { if (first) form.scrollToField(first.name, { focus: true }); }}
    >
      <div className="record-scroll">
        {draft ? (
          <Alert
            type="info"
            className="record-note"
            title={t('form.draftRestored')}
            action={
              <Button
                size="small"
                type="link"
                onClick={discard}
              >
                {t('form.discardDraft')}
              </Button>
            }
          />
        ) : null}
        <FormFields fields={entity.fields} isNew={loaded === undefined} />
        {loaded ? (
          <p className="record-meta">
            {t('form.meta', {
              version: plainText(loaded.row['version']),
              created: formatDateTime(loaded.row['created_at'], locale),
              updated: formatDateTime(loaded.row['updated_at'], locale),
            })}
          </p>
        ) : null}
      </div>
      <div className="drawer-foot">
        {loaded ? (
          <Button danger onClick={remove} data-testid="delete">
            {t('form.delete')}
          </Button>
        ) : null}
        <span className="crud-spring" />
        <Button onClick={onClose}>{t('form.cancel')}</Button>
        <Button type="primary" htmlType="submit" loading={saving} data-testid="save">
          {t('form.save')}
        </Button>
      </div>
      {conflict ? (
        <ConflictDialog
          entity={entity}
          conflict={conflict}
          saving={saving}
          onCancel={() => { setConflict(undefined); }}
          onSettle={(chosen) => {
            void settle(conflict, chosen).then(finish, fail);
            setConflict(undefined);
          }}
        />
      ) : null}
    </Form>
  );
}
