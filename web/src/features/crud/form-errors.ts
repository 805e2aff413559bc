// Puts a refusal where it belongs: errors of fields that the form shows go to these fields, all
// others stay with the problem, so that nothing the server said is lost.
import type { FieldProblem, Problem } from '../../api/problem.ts';

export interface FormErrors {
  byField: { name: string; errors: string[] }[];
  rest: Problem | undefined;
}

// `city`, `/city` (JSON Pointer), `/customer/city` and `customer.city` all mean the field city.
function fieldOf(path: string, known: ReadonlySet<string>): string | undefined {
  return path
    .split(/[/.]/)
    .reverse()
    .find((part) => known.has(part));
}

export function toFormErrors(problem: Problem, fieldNames: readonly string[]): FormErrors {
  const known = new Set(fieldNames);
  const byName = new Map<string, string[]>();
  const unplaced: FieldProblem[] = [];
  for (const item of problem.fields ?? []) {
    const name = fieldOf(item.path, known);
    if (name === undefined) unplaced.push(item);
    else byName.set(name, [...(byName.get(name) ?? []), item.message]);
  }
  const byField = [...byName].map(([name, errors]) => ({ name, errors }));
  if (byField.length > 0 && unplaced.length === 0) return { byField, rest: undefined };
  if (unplaced.length === 0) return { byField, rest: problem };
  const details = unplaced.map((item) => `${item.path}: ${item.message}`).join('\n');
  return { byField, rest: { ...problem, details } };
}
