// Two people changed one record. A field that only one of them changed has one answer; a field
// that both changed to different values is a clash that a person decides.
import type { FieldValue, Row, Values } from '../../api/types.ts';

export interface Clash {
  field: string;
  mine: FieldValue | undefined;
  theirs: FieldValue | undefined;
}

export interface Merge {
  changes: Values;
  clashes: Clash[];
}

export function sameValue(a: unknown, b: unknown): boolean {
  return (a ?? null) === (b ?? null) || JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

// What a form changed. An emptied text field means no value, as it did when it was never filled.
export function changesBetween(base: Values, edited: Values): Values {
  const changes: Values = {};
  for (const [name, value] of Object.entries(edited)) {
    const next = value === '' || value === undefined ? null : value;
    if (!sameValue(base[name] === '' ? null : base[name], next)) changes[name] = next;
  }
  return changes;
}

export function mergeVersions(base: Row, mine: Values, theirs: Row): Merge {
  const changes: Values = {};
  const clashes: Clash[] = [];
  for (const [field, value] of Object.entries(mine)) {
    if (sameValue(value, theirs[field])) continue;
    if (sameValue(base[field], theirs[field])) changes[field] = value;
    else clashes.push({ field, mine: value, theirs: theirs[field] });
  }
  return { changes, clashes };
}
