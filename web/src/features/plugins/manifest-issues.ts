// A refused manifest comes with every mistake in it. The server lists them with their places in
// `details`; a refusal from elsewhere has only the fields of the problem document.
import type { Problem } from '../../api/problem.ts';

export interface ManifestIssue {
  line?: number;
  column?: number;
  path: string;
  message: string;
  hint?: string;
}

function parsed(details: unknown): unknown {
  if (typeof details !== 'string') return details;
  try {
    return JSON.parse(details);
  } catch {
    return undefined;
  }
}

export function manifestIssues(problem: Problem): ManifestIssue[] {
  const details = parsed(problem.details);
  if (typeof details === 'object' && details !== null && 'issues' in details && Array.isArray(details.issues)) {
    return details.issues as ManifestIssue[];
  }
  return problem.fields ?? [];
}
