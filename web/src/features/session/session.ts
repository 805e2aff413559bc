// Who is signed in, as one query. Being nobody is an answer, not an error: it carries the hint by
// which a demo server offers its account.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getJson, postJson, send } from '../../api/client.ts';
import { ApiError, type Problem } from '../../api/problem.ts';
import type { SignedIn } from '../../api/types.ts';
import { rememberSignedIn } from '../layout/load-layout.ts';

export interface Credentials {
  company: string;
  user: string;
  password: string;
  code?: string;
  remember?: boolean;
}

export interface SessionState {
  signedIn: SignedIn | undefined;
  demo: { company: string; user: string } | undefined;
}

export const sessionKey = ['session'] as const;

// The hint stands in the problem itself or in its details.
export function anonymous(problem: Problem): SessionState {
  const details = (problem.details ?? {}) as Pick<Problem, 'demo'>;
  return { signedIn: undefined, demo: problem.demo ?? details.demo };
}

// The password was right, and the second factor is missing or wrong.
export function asksForCode(problem: Problem): boolean {
  return problem.reason === 'session.code_required' || problem.reason === 'session.code_wrong';
}

async function loadSession(): Promise<SessionState> {
  try {
    return { signedIn: await getJson<SignedIn>('/session'), demo: undefined };
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return anonymous(error.problem);
    throw error;
  }
}

export function useSession() {
  return useQuery({ queryKey: sessionKey, queryFn: loadSession, staleTime: 60_000 });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (credentials: Credentials) => postJson<SignedIn>('/session', credentials),
    onSuccess: (signedIn) => {
      rememberSignedIn(true);
      client.setQueryData<SessionState>(sessionKey, { signedIn, demo: undefined });
    },
  });
}

// Everything read under the old session is dropped, drafts included: the next person at this
// screen must not see it.
export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => send('/session', { method: 'DELETE' }),
    onSuccess: () => {
      rememberSignedIn(false);
      sessionStorage.clear();
      client.clear();
      window.location.assign('/login');
    },
  });
}

// What was read with another user's eyes is forgotten with them.
export function useEndViewing() {
  return useMutation({
    mutationFn: () => send('/session/view-as', { method: 'DELETE' }),
    onSuccess: () => { window.location.assign('/'); },
  });
}
