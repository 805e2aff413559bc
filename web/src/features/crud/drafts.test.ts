import { describe, expect, it } from 'vitest';
import { dropDraft, readDraft, writeDraft } from './drafts.ts';

function memory() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}

const key = { user: 'u1', plugin: 'crm', entity: 'customer', record: 'new' };
const draft = { values: { name: '张三' }, base: { row: { id: '1', name: '李四' }, etag: '"3"' } };

describe('drafts', () => {
  it('come back as they were typed', () => {
    const storage = memory();
    writeDraft(storage, key, draft);
    expect(readDraft(storage, key)).toEqual(draft);
  });
  it('belong to one person and one record', () => {
    const storage = memory();
    writeDraft(storage, key, draft);
    expect(readDraft(storage, { ...key, user: 'u2' })).toBeUndefined();
    expect(readDraft(storage, { ...key, record: '1' })).toBeUndefined();
  });
  it('are gone once dropped', () => {
    const storage = memory();
    writeDraft(storage, key, draft);
    dropDraft(storage, key);
    expect(readDraft(storage, key)).toBeUndefined();
  });
  it('never break a form when the storage is damaged or full', () => {
    const broken = {
      getItem: () => '{"values":',
      setItem: () => {
        throw new Error('quota');
      },
      removeItem: () => undefined,
    };
    expect(readDraft(broken, key)).toBeUndefined();
    expect(() => { writeDraft(broken, key, draft); }).not.toThrow();
  });
});
