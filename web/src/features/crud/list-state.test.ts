import { describe, expect, it } from 'vitest';
import type { Entity } from '../../api/types.ts';
import { readListState, searchField, toggleSort, writeListState } from './list-state.ts';

const entity: Entity = {
  name: 'customer',
  label: 'Customer',
  label_field: 'name',
  fields: [
    { name: 'phone', type: 'string', label: 'Phone', searchable: true },
    { name: 'name', type: 'string', label: 'Name', searchable: true, sortable: true },
    { name: 'city', type: 'string', label: 'City', sortable: true },
    { name: 'limit_amount', type: 'money', label: 'Limit' },
  ],
};

describe('list state in the address', () => {
  it('survives the way there and back', () => {
    const text = 'city=eq.上海&limit_amount=gte.100&limit_amount=lte.500&order=name.desc,city.asc&q=张';
    const state = readListState(new URLSearchParams(text), entity);
    expect(state.filters).toHaveLength(3);
    expect(decodeURIComponent(writeListState(state).toString())).toBe(text);
  });

  it('ignores fields, operators and orders that the schema does not offer', () => {
    const state = readListState(new URLSearchParams('secret=eq.1&city=evil.x&order=phone.asc,nope.desc'), entity);
    expect(state).toEqual({ filters: [], order: [], search: '' });
  });
});

describe('sorting by clicks', () => {
  it('goes from none to ascending to descending and back', () => {
    const first = toggleSort([], 'name', false);
    expect(first).toEqual([{ field: 'name', descending: false }]);
    const second = toggleSort(first, 'name', false);
    expect(second).toEqual([{ field: 'name', descending: true }]);
    expect(toggleSort(second, 'name', false)).toEqual([]);
  });
  it('adds a second field when asked to', () => {
    const order = toggleSort([{ field: 'name', descending: true }], 'city', true);
    expect(order.map((sort) => sort.field)).toEqual(['name', 'city']);
  });
});

describe('quick search', () => {
  it('prefers the label field', () => {
    expect(searchField(entity)?.name).toBe('name');
  });
});
