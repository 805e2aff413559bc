import { describe, expect, it } from 'vitest';
import { nextCursor, totalOf } from './client.ts';
import { problemOf } from './problem.ts';

describe('paging headers', () => {
  it('give the cursor of the next page', () => {
    expect(nextCursor('</api/v1/crm/customer?limit=50&after=a%2Fb%3D>; rel="next"')).toBe('a/b=');
  });
  it('tell the last page by the absence of a next link', () => {
    expect(nextCursor(null)).toBeUndefined();
    expect(nextCursor('</api/v1/crm/customer>; rel="first"')).toBeUndefined();
  });
  it('find next among several links', () => {
    expect(nextCursor('</a?after=x>; rel="prev", </a?after=y>; rel="next"')).toBe('y');
  });
  it('give a total only when the server counted', () => {
    expect(totalOf('0-49/10000')).toBe(10_000);
    expect(totalOf('0-49/*')).toBeUndefined();
    expect(totalOf(null)).toBeUndefined();
  });
});

describe('a refusal', () => {
  it('keeps the problem document and trusts the status line over the body', async () => {
    const body = JSON.stringify({ status: 200, code: 'invalid', message: 'No', trace_id: 't' });
    const problem = await problemOf(new Response(body, { status: 422 }));
    expect(problem).toMatchObject({ status: 422, code: 'invalid', trace_id: 't' });
  });
  it('survives an answer that is not JSON', async () => {
    const problem = await problemOf(new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    expect(problem).toEqual({ status: 502, title: 'Bad Gateway' });
  });
});
