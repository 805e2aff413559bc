import { describe, expect, it } from 'vitest';
import { toFormErrors } from './form-errors.ts';

const names = ['name', 'city', 'phone'];
const field = (path: string, message = `${path} is wrong`) => ({ path, code: 'invalid', message });

describe('a problem document in a form', () => {
  it.each(['city', '/city', 'customer.city', '/customer/city'])('puts %s at the field city', (path) => {
    const errors = toFormErrors({ status: 422, fields: [field(path, 'too far')] }, names);
    expect(errors).toEqual({ byField: [{ name: 'city', errors: ['too far'] }], rest: undefined });
  });

  it('collects several errors of one field', () => {
    const errors = toFormErrors({ status: 422, fields: [field('phone', 'a'), field('phone', 'b')] }, names);
    expect(errors.byField).toEqual([{ name: 'phone', errors: ['a', 'b'] }]);
  });

  it('keeps what belongs to no shown field', () => {
    const errors = toFormErrors({ status: 422, message: 'No', fields: [field('city'), field('secret')] }, names);
    expect(errors.byField).toHaveLength(1);
    expect(errors.rest?.details).toBe('secret: secret is wrong');
  });

  it('keeps a problem without fields whole', () => {
    const problem = { status: 409, message: 'Taken', trace_id: 't1' };
    expect(toFormErrors(problem, names)).toEqual({ byField: [], rest: problem });
  });
});
