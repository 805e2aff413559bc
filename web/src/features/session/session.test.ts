import { describe, expect, it } from 'vitest';
import { anonymous, asksForCode } from './session.ts';

const demo = { company: 'demo', user: 'demo' };

describe('nobody signed in', () => {
  it('learns of the demo from the problem or from its details', () => {
    expect(anonymous({ status: 401, demo }).demo).toEqual(demo);
    expect(anonymous({ status: 401, details: { demo } }).demo).toEqual(demo);
  });
  it('is offered no demo by a server without one', () => {
    expect(anonymous({ status: 401, details: null }).demo).toBeUndefined();
    expect(anonymous({ status: 401 }).demo).toBeUndefined();
  });
});

describe('a refused sign-in', () => {
  it('asks for a code only where the password was right', () => {
    expect(asksForCode({ status: 401, reason: 'session.code_required' })).toBe(true);
    expect(asksForCode({ status: 401, reason: 'session.code_wrong' })).toBe(true);
    expect(asksForCode({ status: 401, reason: 'http.login_failed' })).toBe(false);
    expect(asksForCode({ status: 429, reason: 'session.throttled' })).toBe(false);
  });
});
