import { describe, expect, it } from 'vitest';
import { placeOf } from './manifest-place.ts';

const error = (path: string, place = {}) => ({ path, code: 'invalid', message: 'm', ...place });

describe('the place of a manifest error', () => {
  it('is read from members of its own', () => {
    expect(placeOf(error('entity.customer', { line: 3, column: 7 }))).toEqual({ path: 'entity.customer', line: 3, column: 7 });
  });
  it('is read from the end of a path', () => {
    expect(placeOf(error('plugin.toml:12:5'))).toEqual({ path: 'plugin.toml', line: 12, column: 5 });
  });
  it('may be missing', () => {
    expect(placeOf(error('component'))).toEqual({ path: 'component', line: undefined, column: undefined });
  });
});
