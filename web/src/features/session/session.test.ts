import { describe, expect, it } from 'vitest';
import { anonymous } from './session.ts';

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
