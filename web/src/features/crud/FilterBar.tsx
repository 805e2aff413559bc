import { Suspense } from 'react';
import type { Filter } from '../../api/query-string.ts';
import type { Field } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { fieldKind } from '../fields/registry.tsx';

interface Props {
  fields: readonly Field[];
  filters: readonly Filter[];
  onChange: (field: string, filters: readonly Filter[]) => void;
}

export function FilterBar({ fields, filters, onChange }: Props) {
  const { say } = useText();
  if (fields.length === 0) return null;
  return (
    <div className="crud-filters" role="search">
      {fields.map((field) => {
        const Filter = fieldKind(field.type).filter;
        if (Filter === undefined) return null;
        return (
          <Suspense key={field.name} fallback={<div className="bone bone-input" />}>
            <Filter
              field={field}
              label={say(field.label)}
              filters={filters.filter((filter) => filter.field === field.name)}
              onChange={(next) => { onChange(field.name, next); }}
            />
          </Suspense>
        );
      })}
    </div>
  );
}
