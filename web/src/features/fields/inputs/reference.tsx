import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import { useDeferredValue, useState } from 'react';
import { listRecords } from '../../../api/client.ts';
import { contains } from '../../../api/query-string.ts';
import type { Reference } from '../../../api/types.ts';
import type { FilterProps, InputProps } from '../field-kind.ts';
import { useReferenceLabel } from '../ReferenceLabel.tsx';

const offered = 20;

interface PickerProps {
  reference: Reference;
  value: string | undefined;
  onChange: (id: string | null) => void;
  id?: string | undefined;
  label?: string;
  disabled?: boolean | undefined;
  className?: string;
}

// People pick by label; the id never shows.
function RecordPicker({ reference, value, onChange, id, label, disabled, className }: PickerProps) {
  const [typed, setTyped] = useState('');
  const [open, setOpen] = useState(false);
  const search = useDeferredValue(typed.trim());
  const { plugin, entity, label_field: labelField } = reference;
  const current = useReferenceLabel(reference, value);
  const matches = useQuery({
    queryKey: ['records', plugin, entity, 'picker', search],
    queryFn: async ({ signal }) => {
      const filters = search === '' ? [] : [contains(labelField, search)];
      const order = [{ field: labelField, descending: false }];
      const page = await listRecords({ plugin, entity }, { select: ['id', labelField], filters, order, limit: offered }, { signal });
      return page.rows.map((row) => ({ value: row.id, label: String(row[labelField] ?? row.id) }));
    },
    enabled: open,
    placeholderData: keepPreviousData,
  });
  const options = matches.data ?? [];
  const chosen = value === undefined || options.some((option) => option.value === value) ? [] : [{ value, label: current ?? '…' }];
  return (
    <Select<string | null>
      id={id}
      {...(className === undefined ? {} : { className })}
      allowClear
      showSearch={{ filterOption: false, onSearch: setTyped }}
      value={value ?? null}
      disabled={disabled}
      loading={matches.isFetching}
      placeholder={label}
      aria-label={label}
      options={[...chosen, ...options]}
      onOpenChange={setOpen}
      onChange={(next) => { onChange(next ?? null); }}
    />
  );
}

export function ReferenceInput({ field, id, value, onChange, disabled }: InputProps) {
  if (!field.ref) return null;
  return (
    <RecordPicker
      reference={field.ref}
      id={id}
      value={typeof value === 'string' ? value : undefined}
      disabled={disabled}
      onChange={(next) => onChange?.(next)}
    />
  );
}

export function ReferenceFilter({ field, label, filters, onChange }: FilterProps) {
  if (!field.ref) return null;
  const value = filters[0]?.value;
  return (
    <RecordPicker
      reference={field.ref}
      label={label}
      className="filter-select"
      value={typeof value === 'string' ? value : undefined}
      onChange={(id) => { onChange(id === null ? [] : [{ field: field.name, op: 'eq', value: id }]); }}
    />
  );
}
