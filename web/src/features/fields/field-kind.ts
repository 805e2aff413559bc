import type { ComponentType, ReactNode } from 'react';
import type { Filter } from '../../api/query-string.ts';
import type { Field, FieldValue } from '../../api/types.ts';

export type Value = FieldValue | undefined;

export interface ShowContext {
  field: Field;
  locale: string;
  yes: string;
  no: string;
}

export interface InputProps {
  field: Field;
  id?: string;
  value?: Value;
  onChange?: (value: Value) => void;
  disabled?: boolean;
}

export interface FilterProps {
  field: Field;
  label: string;
  filters: readonly Filter[];
  onChange: (filters: Filter[]) => void;
}

// What a field type means on screen. `cell` is one line in a list, `display` the full value,
// `input` a form control whose value is exactly the JSON that the API takes, and `filter` a control
// that yields the filters for its field. `check` returns the key of what is wrong with a value.
export interface FieldKind {
  cell: (value: Value, context: ShowContext) => ReactNode;
  display: (value: Value, context: ShowContext) => ReactNode;
  input: ComponentType<InputProps>;
  filter: ComponentType<FilterProps> | undefined;
  check?: (value: Value) => 'form.badJson' | undefined;
  align: 'left' | 'right' | 'center';
  width: number;
  wide?: boolean;
  readOnly?: boolean;
}
