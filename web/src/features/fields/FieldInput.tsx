import { Suspense } from 'react';
import type { InputProps } from './field-kind.ts';
import { fieldKind } from './registry.tsx';

// A form item hands `id`, `value` and `onChange` to its child; this passes them to the control that
// the field's type asks for.
export function FieldInput(props: InputProps) {
  const kind = fieldKind(props.field.type);
  const Input = kind.input;
  return (
    <Suspense fallback={<div className="bone bone-input" />}>
      <Input {...props} disabled={props.disabled === true || props.field.read_only === true} />
    </Suspense>
  );
}
