import { describe, expect, it } from 'vitest';
import { safeNext } from './safe-next.ts';

describe('the address after login', () => {
  it('is where the person was', () => {
    expect(safeNext('/p/crm/customers?city=eq.上海')).toBe('/p/crm/customers?city=eq.上海');
  });
  it.each(['//evil.test', '/\\evil.test', 'https://evil.test', 'javascript:alert(1)', '/login', null])(
    'is the start page for %s',
    (next) => {
      expect(safeNext(next)).toBe('/');
    },
  );
});
