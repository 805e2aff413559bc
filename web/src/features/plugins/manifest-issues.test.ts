import { describe, expect, it } from 'vitest';
import { manifestIssues } from './manifest-issues.ts';

const issue = { line: 12, column: 3, path: '/schema/entities/0', message: 'unknown key', hint: 'did you mean …' };

describe('the mistakes in a manifest', () => {
  it('come with their places from the details', () => {
    expect(manifestIssues({ status: 422, details: { file: 'plugin.toml', issues: [issue] } })).toEqual([issue]);
  });
  it('are read from details that are JSON text', () => {
    expect(manifestIssues({ status: 422, details: JSON.stringify({ issues: [issue] }) })).toEqual([issue]);
  });
  it('fall back to the fields of the problem', () => {
    const fields = [{ path: 'component', code: 'invalid', message: 'not a component' }];
    expect(manifestIssues({ status: 422, details: 'text', fields })).toEqual(fields);
  });
  it('may be none', () => {
    expect(manifestIssues({ status: 413 })).toEqual([]);
  });
});
