import { describe, expect, it } from 'vitest';
import { textOnly } from './trusted-types.ts';

describe('the default Trusted Types policy', () => {
  it('lets style text through', () => {
    expect(textOnly('.a > .b { color: red }')).toBe('.a > .b { color: red }');
  });
  it('refuses anything that could become an element', () => {
    expect(() => textOnly('<img src=x onerror=alert(1)>')).toThrow(TypeError);
  });
});
