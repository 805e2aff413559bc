import { describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { localText } from './local-text.ts';
import { zhCN } from './zh-CN.ts';

type Tree = { [key: string]: string | Tree };

function paths(tree: Tree, at = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${at}${key} ${(value.match(/{{\w+}}/g) ?? []).sort().join()}`] : paths(value, `${at}${key}.`),
  );
}

describe('the two languages', () => {
  it('have the same keys with the same placeholders', () => {
    expect(paths(en).sort()).toEqual(paths(zhCN).sort());
  });
});

describe('a text of a manifest', () => {
  it('is shown in the language of the screen, else in any', () => {
    expect(localText({ 'zh-CN': '客户', en: 'Customer' }, 'en')).toBe('Customer');
    expect(localText({ 'zh-CN': '客户' }, 'en')).toBe('客户');
    expect(localText('plain', 'en')).toBe('plain');
    expect(localText(undefined, 'en')).toBe('');
  });
});
