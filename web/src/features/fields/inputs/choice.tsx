import { Select, Switch } from 'antd';
import type { Filter } from '../../../api/query-string.ts';
import { useText } from '../../../i18n/use-text.ts';
import type { FilterProps, InputProps } from '../field-kind.ts';

function useOptions(field: InputProps['field']) {
  const { say } = useText();
  return (field.options ?? []).map((option) => ({ value: option.value, label: say(option.label) }));
}

export function BooleanInput({ id, value, onChange, disabled }: InputProps) {
  return <Switch id={id} checked={value === true} disabled={disabled} onChange={(next) => onChange?.(next)} />;
}

export function SelectInput({ field, id, value, onChange, disabled }: InputProps) {
  return (
    <Select<string | null>
      id={id}
      value={typeof value === 'string' ? value : null}
      options={useOptions(field)}
      disabled={disabled}
      allowClear={!field.required}
      showSearch={{ optionFilterProp: 'label' }}
      onChange={(next) => onChange?.(next ?? null)}
    />
  );
}

export function MultiSelectInput({ field, id, value, onChange, disabled }: InputProps) {
  return (
    <Select<string[]>
      id={id}
      mode="multiple"
      value={Array.isArray(value) ? value.map(String) : []}
      options={useOptions(field)}
      disabled={disabled}
      onChange={(next) => onChange?.(next)}
    />
  );
}

function chosen(filters: readonly Filter[]): string[] {
  const value = filters[0]?.value;
  return value === undefined ? [] : typeof value === 'string' ? [value] : [...value];
}

export function SelectFilter({ field, label, filters, onChange }: FilterProps) {
  const change = (values: string[]): void => {
    const [only, ...more] = values;
    if (only === undefined) onChange([]);
    else if (more.length === 0) onChange([{ field: field.name, op: 'eq', value: only }]);
    else onChange([{ field: field.name, op: 'in', value: values }]);
  };
  return (
    <Select<string[]>
      mode="multiple"
      allowClear
      maxTagCount="responsive"
      className="filter-select"
      value={chosen(filters)}
      options={useOptions(field)}
      placeholder={label}
      aria-label={label}
      data-testid={`filter-${field.name}`}
      onChange={change}
    />
  );
}

export function BooleanFilter({ field, label, filters, onChange }: FilterProps) {
  const { t } = useText();
  return (
    <Select<string | null>
      allowClear
      className="filter-select"
      value={chosen(filters)[0] ?? null}
      options={[
        { value: 'true', label: `${label}: ${t('list.yes')}` },
        { value: 'false', label: `${label}: ${t('list.no')}` },
      ]}
      placeholder={label}
      aria-label={label}
      data-testid={`filter-${field.name}`}
      onChange={(value) => { onChange(value == null ? [] : [{ field: field.name, op: 'is', value }]); }}
    />
  );
}
