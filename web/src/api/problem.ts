// RFC 9457 problem documents, with the members that this server adds, as one error class.

export interface FieldProblem {
  path: string;
  code: string;
  message: string;
}

export interface Problem {
  type?: string;
  title?: string;
  status: number;
  code?: string;
  // The exact rule, as `session.code_required`.
  reason?: string;
  message?: string;
  // Text for people or, where a program needs more, an object of its own shape.
  details?: unknown;
  hint?: string | null;
  fields?: FieldProblem[];
  trace_id?: string;
  demo?: { company: string; user: string };
}

export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message ?? problem.title ?? `HTTP ${String(problem.status)}`);
    this.name = 'ApiError';
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }
}

// Status 0 stands for a request that got no answer at all.
export async function problemOf(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null) return { ...body, status: response.status };
  } catch {
    // A proxy's HTML page or an empty body: the status line is all there is.
  }
  return { status: response.status, title: response.statusText };
}

export function toProblem(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  return { status: 0, code: 'unreachable', message: error instanceof Error ? error.message : '' };
}

export function detailText(problem: Problem): string | undefined {
  return typeof problem.details === 'string' && problem.details !== '' ? problem.details : undefined;
}
