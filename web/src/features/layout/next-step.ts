import type { Problem } from '../../api/problem.ts';

const byStatus = {
  403: 'problem.next.denied',
  404: 'problem.next.notFound',
  409: 'problem.next.conflict',
  413: 'problem.next.tooLarge',
  429: 'problem.next.tooMany',
} as const;

// What a person can do about a refusal when the server gave no hint of its own.
export function nextStep(problem: Problem) {
  if (problem.status === 0) return 'problem.next.unreachable';
  if (problem.status >= 500) return 'problem.next.server';
  return byStatus[problem.status as keyof typeof byStatus] ?? 'problem.next.invalid';
}
