import { Form } from 'antd';
import type { Field } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import type { Value } from '../fields/field-kind.ts';
import { FieldInput } from '../fields/FieldInput.tsx';
import { fieldKind } from '../fields/registry.tsx';

function isEmpty(value: Value): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

interface Props {
  fields: readonly Field[];
  isNew: boolean;
}

// The server decides what is valid; the checks here only save a round trip.
export function FormFields({ fields, isNew }: Props) {
  const { t, say } = useText();
  const check = (field: Field) => async (_: unknown, value: Value): Promise<void> => {
    const label = say(field.label);
    if (field.required && field.type !== 'boolean' && isEmpty(value)) throw new Error(t('form.required', { label }));
    const { max_length: max } = field;
    if (max !== undefined && typeof value === 'string' && value.length > max) throw new Error(t('form.tooLong', { max }));
    const wrong = fieldKind(field.type).check?.(value);
    if (wrong) throw new Error(t(wrong));
    await Promise.resolve();
  };
  return (
    <div className="record-form">
      {fields.map((field) => {
        const kind = fieldKind(field.type);
        const readOnly = kind.readOnly === true || field.read_only === true;
        if (readOnly && isNew && field.type !== 'sequence') return null;
        return (
          <Form.Item
            key={field.name}
            name={field.name}
            label={say(field.label)}
            required={field.required === true && !readOnly}
            rules={readOnly ? [] : [{ validator: check(field) }]}
            validateTrigger="onBlur"
            className={kind.wide ? 'wide' : ''}
            data-field={field.name}
          >
            <FieldInput field={field} disabled={readOnly} />
          </Form.Item>
        );
      })}
    </div>
  );
}
