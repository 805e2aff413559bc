// One table from a manifest's field type to what it is on screen. Every page kind asks here and
// nowhere else, so a new field type is one entry. Cells are plain text; inputs and filters load
// with the first form or filter bar that shows one.
import type { ReactNode } from 'react';
import { localText } from '../../i18n/local-text.ts';
import { DateFilter } from './inputs/date-filter.tsx';
import type { FieldKind, ShowContext, Value } from './field-kind.ts';
import { formatDate, formatDateTime, formatDecimal, plainText } from './format.ts';
import { lazyNamed } from './lazy-named.ts';
import { ReferenceLabel } from './ReferenceLabel.tsx';

const text = () => import('./inputs/text.tsx');
const number = () => import('./inputs/number.tsx');
const choice = () => import('./inputs/choice.tsx');
const temporal = () => import('./inputs/temporal.tsx');
const reference = () => import('./inputs/reference.tsx');

const TextInput = lazyNamed(text, (module) => module.TextInput);
const LongTextInput = lazyNamed(text, (module) => module.LongTextInput);
const JsonInput = lazyNamed(text, (module) => module.JsonInput);
const ReadOnlyInput = lazyNamed(text, (module) => module.ReadOnlyInput);
const TextFilter = lazyNamed(text, (module) => module.TextFilter);
const IntegerInput = lazyNamed(number, (module) => module.IntegerInput);
const DecimalInput = lazyNamed(number, (module) => module.DecimalInput);
const NumberFilter = lazyNamed(number, (module) => module.NumberFilter);
const BooleanInput = lazyNamed(choice, (module) => module.BooleanInput);
const BooleanFilter = lazyNamed(choice, (module) => module.BooleanFilter);
const SelectInput = lazyNamed(choice, (module) => module.SelectInput);
const MultiSelectInput = lazyNamed(choice, (module) => module.MultiSelectInput);
const SelectFilter = lazyNamed(choice, (module) => module.SelectFilter);
const DateInput = lazyNamed(temporal, (module) => module.DateInput);
const DateTimeInput = lazyNamed(temporal, (module) => module.DateTimeInput);
const ReferenceInput = lazyNamed(reference, (module) => module.ReferenceInput);
const ReferenceFilter = lazyNamed(reference, (module) => module.ReferenceFilter);

type Show = (value: Value, context: ShowContext) => ReactNode;

const asText: Show = (value) => plainText(value);
const asNumber: Show = (value, { locale, field }) => formatDecimal(value, locale, field.scale);
const asMoney: Show = (value, { locale, field }) => formatDecimal(value, locale, field.scale ?? 2);
const asDate: Show = (value, { locale }) => formatDate(value, locale);
const asDateTime: Show = (value, { locale }) => formatDateTime(value, locale);
const asBoolean: Show = (value, { yes, no }) => (value === true ? yes : value === false ? no : '');
const asPreformatted: Show = (value) => (
  <pre className="field-json">{value === undefined || value === null ? '' : JSON.stringify(value, null, 2)}</pre>
);
const asReference: Show = (value, { field }) =>
  field.ref && typeof value === 'string' ? <ReferenceLabel reference={field.ref} id={value} /> : plainText(value);

function optionLabel(value: string, { field, locale }: ShowContext): string {
  const option = field.options?.find((candidate) => candidate.value === value);
  return option ? localText(option.label, locale) : value;
}

const asOption: Show = (value, context) => optionLabel(plainText(value), context);
const asOptions: Show = (value, context) =>
  Array.isArray(value) ? value.map((item) => optionLabel(String(item), context)).join('、') : asOption(value, context);

const show = (cell: Show, display: Show = cell) => ({ cell, display });
const left = (width: number) => ({ align: 'left' as const, width });
const right = (width: number) => ({ align: 'right' as const, width });

export const registry = {
  string: { ...show(asText), input: TextInput, filter: TextFilter, ...left(170) },
  text: { ...show(asText), input: LongTextInput, filter: TextFilter, ...left(240), wide: true },
  integer: { ...show(asNumber), input: IntegerInput, filter: NumberFilter, ...right(110) },
  decimal: { ...show(asNumber), input: DecimalInput, filter: NumberFilter, ...right(130) },
  money: { ...show(asMoney), input: DecimalInput, filter: NumberFilter, ...right(140) },
  boolean: { ...show(asBoolean), input: BooleanInput, filter: BooleanFilter, ...left(90) },
  date: { ...show(asDate), input: DateInput, filter: DateFilter, ...left(130) },
  datetime: { ...show(asDateTime), input: DateTimeInput, filter: DateFilter, ...left(170) },
  uuid: { ...show(asText), input: TextInput, filter: TextFilter, ...left(280) },
  json: {
    ...show(asText, asPreformatted),
    input: JsonInput,
    filter: undefined,
    check: (value: Value) => (typeof value === 'string' ? ('form.badJson' as const) : undefined),
    ...left(200),
    wide: true,
  },
  select: { ...show(asOption), input: SelectInput, filter: SelectFilter, ...left(120) },
  multi_select: { ...show(asOptions), input: MultiSelectInput, filter: undefined, ...left(180) },
  reference: { ...show(asReference), input: ReferenceInput, filter: ReferenceFilter, ...left(180) },
  computed: { ...show(asText), input: ReadOnlyInput, filter: undefined, ...left(140), readOnly: true },
  sequence: { ...show(asText), input: ReadOnlyInput, filter: TextFilter, ...left(150), readOnly: true },
} satisfies Record<string, FieldKind>;

// A server newer than this application may name a type that is not here: its values are still
// shown, as text, and left untouched.
const unknownKind: FieldKind = { ...show(asText), input: ReadOnlyInput, filter: undefined, ...left(160), readOnly: true };

export function fieldKind(type: string): FieldKind {
  return Object.hasOwn(registry, type) ? registry[type as keyof typeof registry] : unknownKind;
}
