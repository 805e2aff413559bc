import { describe, expect, it } from 'vitest';
import type { ShowContext } from './field-kind.ts';
import { fieldKind, registry } from './registry.tsx';

const types = [
  'string', 'text', 'integer', 'decimal', 'money', 'boolean', 'date', 'datetime', 'uuid', 'json',
  'select', 'multi_select', 'reference', 'computed', 'sequence',
];

function context(type: string): ShowContext {
  const options = [{ value: 'A', label: { 'zh-CN': '甲级', en: 'Grade A' } }];
  return { field: { name: 'f', type, label: 'F', options }, locale: 'zh-CN', yes: '是', no: '否' };
}

describe('the field registry', () => {
  it('has an entry for every field type of the contract', () => {
    expect(Object.keys(registry).sort()).toEqual([...types].sort());
  });

  it.each(types)('gives %s a cell, a display and an input', (type) => {
    const kind = fieldKind(type);
    expect(kind.cell(undefined, context(type))).toBeDefined();
    expect(kind.display(null, context(type))).toBeDefined();
    expect(kind.input).toBeDefined();
  });

  it('shows options by their label in the language of the screen', () => {
    expect(fieldKind('select').cell('A', context('select'))).toBe('甲级');
    expect(fieldKind('multi_select').cell(['A', 'unknown'], context('multi_select'))).toBe('甲级、unknown');
  });

  it('writes money with two decimals', () => {
    expect(fieldKind('money').cell('1200.5', context('money'))).toBe('1,200.50');
  });

  it('makes an unknown type readable and read-only', () => {
    const kind = fieldKind('hologram');
    expect(kind.readOnly).toBe(true);
    expect(kind.cell('x', context('hologram'))).toBe('x');
  });

  it('is not fooled by names that every object has', () => {
    expect(fieldKind('constructor').readOnly).toBe(true);
  });

  it('rejects JSON that did not parse', () => {
    expect(fieldKind('json').check?.('{')).toBe('form.badJson');
    expect(fieldKind('json').check?.({ a: 1 })).toBeUndefined();
  });
});
