import { describe, expect, it } from 'vitest';
import { contains, decodeFilter, decodeSort, encodeFilter, toQueryString } from './query-string.ts';

const decoded = (text: string): string => decodeURIComponent(text);

describe('the query string', () => {
  it('speaks the dialect of the record API', () => {
    const text = toQueryString({
      select: ['id', 'name'],
      filters: [{ field: 'city', op: 'eq', value: '上海' }, contains('name', '张')],
      order: [{ field: 'name', descending: false }, { field: 'city', descending: true }],
      limit: 50,
      after: 'abc',
    });
    expect(decoded(text)).toBe('select=id,name&city=eq.上海&name=like.*张*&order=name.asc,city.desc&limit=50&after=abc');
  });

  it('escapes what would end a parameter', () => {
    const text = toQueryString({ filters: [{ field: 'name', op: 'eq', value: 'A&B=C #1' }] });
    expect(new URLSearchParams(text).get('name')).toBe('eq.A&B=C #1');
  });

  it('keeps two bounds of one field', () => {
    const filters = [
      { field: 'n', op: 'gte' as const, value: '1' },
      { field: 'n', op: 'lte' as const, value: '5' },
    ];
    expect(toQueryString({ filters })).toBe('n=gte.1&n=lte.5');
  });

  it('is empty for an empty query', () => {
    expect(toQueryString({})).toBe('');
  });
});

describe('a list of values', () => {
  it.each([[['A', 'B']], [['a,b', '(c)']], [['say "hi"', 'back\\slash']], [['', ' edge ']]])('round-trips %j', (value) => {
    const text = encodeFilter({ field: 'f', op: 'in', value });
    expect(decodeFilter('f', text)).toEqual({ field: 'f', op: 'in', value });
  });
  it('quotes only what needs it', () => {
    expect(encodeFilter({ field: 'f', op: 'in', value: ['A', 'b,c'] })).toBe('in.(A,"b,c")');
  });
});

describe('a filter from an address', () => {
  it('keeps dots in the value', () => {
    expect(decodeFilter('f', 'eq.1.50')).toEqual({ field: 'f', op: 'eq', value: '1.50' });
  });
  it.each(['evil.1', 'eq', '', 'in.A'])('is refused when it reads %j', (text) => {
    expect(decodeFilter('f', text)).toBeUndefined();
  });
});

describe('typed stars', () => {
  it('do not widen a search', () => {
    expect(contains('name', 'a*b').value).toBe('*ab*');
  });
});

describe('an order from an address', () => {
  it('is ascending unless it says otherwise', () => {
    expect(decodeSort('a,b.desc')).toEqual([
      { field: 'a', descending: false },
      { field: 'b', descending: true },
    ]);
  });
});
