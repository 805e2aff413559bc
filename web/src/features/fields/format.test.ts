import { describe, expect, it } from 'vitest';
import { formatDate, formatDecimal, plainText } from './format.ts';

describe('decimals', () => {
  it('keep every digit of a sum too large for a binary number', () => {
    expect(formatDecimal('9007199254740993.10', 'en', 2)).toBe('9,007,199,254,740,993.10');
  });
  it('are padded to the scale of the field', () => {
    expect(formatDecimal('1200.5', 'zh-CN', 2)).toBe('1,200.50');
  });
  it('show what is not a decimal as it is', () => {
    expect(formatDecimal('n/a', 'en', 2)).toBe('n/a');
    expect(formatDecimal(null, 'en', 2)).toBe('');
  });
});

describe('dates', () => {
  it('keep their day in every time zone', () => {
    expect(formatDate('2026-01-31', 'en')).toBe('Jan 31, 2026');
  });
});

describe('plain text', () => {
  it('writes structures as JSON', () => {
    expect(plainText({ a: [1] })).toBe('{"a":[1]}');
  });
});
