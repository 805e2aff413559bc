import { Form, Modal } from 'antd';
import { useState } from 'react';
import { postJson } from '../../api/client.ts';
import { ApiError, toProblem } from '../../api/problem.ts';
import type { Action, Values } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { FormFields } from '../crud/FormFields.tsx';
import { toFormErrors } from '../crud/form-errors.ts';
import { useReportProblem } from '../layout/use-report-problem.tsx';

interface Props {
  plugin: string;
  action: Action;
  onDone: (answer: unknown) => void;
  onCancel: () => void;
}

// A plugin's action: its declared input as a form, its answer handed back.
export function ActionDialog({ plugin, action, onDone, onCancel }: Props) {
  const { t, say } = useText();
  const report = useReportProblem();
  const [form] = Form.useForm<Values>();
  const [busy, setBusy] = useState(false);
  const fields = action.input ?? [];

  const run = async (values: Values): Promise<void> => {
    setBusy(true);
    try {
      onDone(await postJson(`/${encodeURIComponent(plugin)}/rpc/${encodeURIComponent(action.name)}`, values));
    } catch (error) {
      const errors = toFormErrors(toProblem(error), fields.map((field) => field.name));
      form.setFields(errors.byField);
      if (errors.rest) report(new ApiError(errors.rest));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      title={say(action.label)}
      okText={t('action.run')}
      cancelText={t('form.cancel')}
      confirmLoading={busy}
      onOk={() => { form.submit(); }}
      onCancel={onCancel}
    >
      <Form<Values> form={form} layout="vertical" onFinish={(values) => void run(values)}>
        <FormFields fields={fields} isNew />
      </Form>
    </Modal>
  );
}
