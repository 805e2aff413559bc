import { describe, expect, it } from 'vitest';
import { changesBetween, mergeVersions } from './merge.ts';

const base = { id: '1', name: '甲', city: '上海', tags: ['a'] };

describe('what a form changed', () => {
  it('is only what differs', () => {
    expect(changesBetween(base, { name: '乙', city: '上海', tags: ['a'] })).toEqual({ name: '乙' });
  });
  it('counts an emptied field as no value and an untouched empty one as no change', () => {
    expect(changesBetween({ ...base, phone: null }, { city: '', phone: '' })).toEqual({ city: null });
  });
});

describe('two versions of a record', () => {
  it('merge when different fields changed', () => {
    const merge = mergeVersions(base, { name: '乙' }, { ...base, city: '北京' });
    expect(merge).toEqual({ changes: { name: '乙' }, clashes: [] });
  });
  it('clash when the same field changed to different values', () => {
    const merge = mergeVersions(base, { city: '广州' }, { ...base, city: '北京' });
    expect(merge.clashes).toEqual([{ field: 'city', mine: '广州', theirs: '北京' }]);
    expect(merge.changes).toEqual({});
  });
  it('agree when both made the same change', () => {
    expect(mergeVersions(base, { city: '北京' }, { ...base, city: '北京' })).toEqual({ changes: {}, clashes: [] });
  });
});
