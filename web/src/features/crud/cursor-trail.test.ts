import { describe, expect, it } from 'vitest';
import { learn, pagesAround, rowCount, startTrail } from './cursor-trail.ts';

const page = (next: string | undefined, rows = 100) => ({ next, rows });

describe('a cursor trail', () => {
  it('starts with room for one page', () => {
    expect(rowCount(startTrail(100))).toBe(100);
  });

  it('grows by one page for each page seen', () => {
    const trail = learn(learn(startTrail(100), 0, page('a')), 1, page('b'));
    expect(trail.cursors).toEqual([undefined, 'a', 'b']);
    expect(rowCount(trail)).toBe(300);
  });

  it('knows the exact number of rows once the end was seen', () => {
    const trail = learn(learn(startTrail(100), 0, page('a')), 1, page(undefined, 7));
    expect(rowCount(trail)).toBe(107);
  });

  it('is the same value when a page teaches nothing new', () => {
    const trail = learn(startTrail(100), 0, { ...page('a'), total: 9 });
    expect(learn(trail, 0, page('a'))).toBe(trail);
    const ended = learn(trail, 1, page(undefined, 3));
    expect(learn(ended, 1, page(undefined, 3))).toBe(ended);
  });

  it('replaces a cursor that moved and keeps the later ones until they are read again', () => {
    const trail = learn(learn(startTrail(100), 0, page('a')), 1, page('b'));
    expect(learn(trail, 0, page('a2')).cursors).toEqual([undefined, 'a2', 'b']);
  });

  it('drops the pages behind a new end', () => {
    const trail = learn(learn(startTrail(100), 0, page('a')), 1, page('b'));
    expect(learn(trail, 0, page(undefined, 40)).cursors).toEqual([undefined]);
  });

  it('takes back the end when rows were added behind it', () => {
    const ended = learn(startTrail(100), 0, page(undefined, 100));
    expect(rowCount(learn(ended, 0, page('a')))).toBe(200);
  });

  it('ignores a page whose way is not known', () => {
    const trail = startTrail(100);
    expect(learn(trail, 5, page('x'))).toBe(trail);
  });

  it('keeps the total of the first page', () => {
    const trail = learn(startTrail(100), 0, { ...page('a'), total: 10_000 });
    expect(learn(trail, 1, page('b')).total).toBe(10_000);
  });
});

describe('pages around the screen', () => {
  let trail = startTrail(100);
  for (let n = 0; n < 20; n += 1) trail = learn(trail, n, page(`c${String(n)}`));

  it('are the shown ones and one on each side', () => {
    expect(pagesAround(trail, 550, 590, 6)).toEqual([4, 5, 6]);
  });
  it('never exceed the limit', () => {
    expect(pagesAround(trail, 0, 1999, 6)).toHaveLength(6);
  });
  it('stay within what is known', () => {
    expect(pagesAround(startTrail(100), 900, 950, 6)).toEqual([0]);
  });
});
