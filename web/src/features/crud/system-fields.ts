// The fields that every record has without a manifest naming them. A page may show and sort them.
import type { Entity, Field } from '../../api/types.ts';

export function withSystemFields(entity: Entity, label: (name: 'created_at' | 'updated_at' | 'version') => string): Entity {
  const known = new Set(entity.fields.map((field) => field.name));
  const system: Field[] = [
    { name: 'created_at', type: 'datetime', label: label('created_at'), sortable: true, filterable: true, read_only: true },
    { name: 'updated_at', type: 'datetime', label: label('updated_at'), sortable: true, filterable: true, read_only: true },
    { name: 'version', type: 'integer', label: label('version'), read_only: true },
  ];
  return { ...entity, fields: [...entity.fields, ...system.filter((field) => !known.has(field.name))] };
}

// What a list shows or filters: the fields a page names, in its order, else the entity's own that fit.
export function fieldsNamed(entity: Entity, own: Entity, names: readonly string[] | undefined, fits: (field: Field) => boolean): Field[] {
  if (names === undefined || names.length === 0) return own.fields.filter(fits);
  return names.flatMap((name) => entity.fields.find((field) => field.name === name) ?? []);
}
