import { InputNumber, Space } from 'antd';
import type { Filter, Operator } from '../../../api/query-string.ts';
import type { FilterProps, InputProps } from '../field-kind.ts';

const grouped = /\B(?=(\d{3})+(?!\d))/g;

// Pads to the scale only what is not being typed: zeros appearing under the cursor would disturb.
function withGroups(text: string | number | undefined, scale: number | undefined, typing: boolean): string {
  const [whole = '', fraction] = String(text ?? '').split('.');
  const padded = whole === '' || typing || !scale ? fraction : (fraction ?? '').padEnd(scale, '0');
  return whole.replace(grouped, ',') + (padded === undefined ? '' : `.${padded}`);
}

export function IntegerInput({ id, value, onChange, disabled }: InputProps) {
  return (
    <InputNumber<number>
      id={id}
      className="field-number"
      value={typeof value === 'number' ? value : null}
      disabled={disabled}
      precision={0}
      controls={false}
      onChange={(next) => onChange?.(next)}
    />
  );
}

// String mode end to end: the value never becomes a binary number.
export function DecimalInput({ field, id, value, onChange, disabled }: InputProps) {
  const scale = field.scale ?? (field.type === 'money' ? 2 : undefined);
  return (
    <InputNumber<string>
      id={id}
      className="field-number"
      stringMode
      value={value === undefined || value === null ? null : String(value as string | number)}
      disabled={disabled}
      controls={false}
      formatter={(text, info) => withGroups(text, scale, info.userTyping)}
      parser={(text) => (text ?? '').replaceAll(',', '')}
      {...(scale === undefined ? {} : { precision: scale })}
      onChange={(next) => onChange?.(next)}
    />
  );
}

const defaultOf = (value: string | null) => (value === null ? {} : { defaultValue: value });

export function NumberFilter({ field, label, filters, onChange }: FilterProps) {
  const bound = (op: Operator): string | null => {
    const value = filters.find((filter) => filter.op === op)?.value;
    return typeof value === 'string' ? value : null;
  };
  const set = (op: Operator, value: string | null): void => {
    const others = filters.filter((filter) => filter.op !== op);
    const next: Filter[] = value === null || value === '' ? others : [...others, { field: field.name, op, value }];
    onChange(next);
  };
  const box = (op: Operator, hint: string) => (
    <InputNumber<string>
      key={`${op}${bound(op) ?? ''}`}
      stringMode
      controls={false}
      className="filter-number"
      {...defaultOf(bound(op))}
      placeholder={`${label} ${hint}`}
      aria-label={`${label} ${hint}`}
      data-testid={`filter-${field.name}-${op}`}
      onBlur={(event) => { set(op, event.target.value.replaceAll(',', '')); }}
      onPressEnter={(event) => { set(op, event.currentTarget.value.replaceAll(',', '')); }}
    />
  );
  return (
    <Space.Compact>
      {box('gte', '≥')}
      {box('lte', '≤')}
    </Space.Compact>
  );
}
