import { DatePicker } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import 'dayjs/locale/zh-cn';
import { useState } from 'react';
import type { Filter, Operator } from '../../../api/query-string.ts';
import { useText } from '../../../i18n/use-text.ts';
import type { FilterProps, InputProps, Value } from '../field-kind.ts';

const dayFormat = 'YYYY-MM-DD';

function parsed(value: Value): Dayjs | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const time = dayjs(value);
  return time.isValid() ? time : null;
}

export function DateInput({ id, value, onChange, disabled }: InputProps) {
  return (
    <DatePicker
      id={id}
      className="field-date"
      value={parsed(value)}
      disabled={disabled}
      onChange={(next: Dayjs | null) => onChange?.(next === null ? null : next.format(dayFormat))}
    />
  );
}

// The server keeps instants in UTC; people see and type their own clock.
export function DateTimeInput({ id, value, onChange, disabled }: InputProps) {
  return (
    <DatePicker
      id={id}
      className="field-date"
      showTime
      value={parsed(value)}
      disabled={disabled}
      onChange={(next: Dayjs | null) => onChange?.(next === null ? null : next.toISOString())}
    />
  );
}

export function DateRangeFilter({ field, label, filters, onChange, startOpen }: FilterProps & { startOpen: boolean }) {
  const [open, setOpen] = useState(startOpen);
  const { t } = useText();
  const instant = field.type === 'datetime';
  const bound = (op: Operator): Dayjs | null => parsed(filters.find((filter) => filter.op === op)?.value as Value);
  const write = (day: Dayjs): string => (instant ? day.toISOString() : day.format(dayFormat));
  const change = (range: readonly (Dayjs | null)[] | null): void => {
    const [from, to] = range ?? [];
    const next: Filter[] = [];
    if (from) next.push({ field: field.name, op: 'gte', value: write(from.startOf('day')) });
    if (to) next.push({ field: field.name, op: 'lte', value: write(to.endOf('day')) });
    onChange(next);
  };
  return (
    <DatePicker.RangePicker
      allowEmpty
      autoFocus={startOpen}
      open={open}
      onOpenChange={setOpen}
      className="filter-date"
      value={[bound('gte'), bound('lte')]}
      placeholder={[`${label} ${t('list.from')}`, t('list.to')]}
      aria-label={label}
      onChange={change}
    />
  );
}
