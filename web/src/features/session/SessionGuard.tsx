import { Navigate, Outlet, useLocation } from 'react-router';
import { ProblemPanel } from '../layout/ProblemPanel.tsx';
import { PageSkeleton } from '../layout/PageSkeleton.tsx';
import { useSession } from './session.ts';

export function SessionGuard() {
  const session = useSession();
  const { pathname, search } = useLocation();
  if (session.isPending) return <PageSkeleton />;
  if (session.isError) return <ProblemPanel error={session.error} onRetry={() => void session.refetch()} />;
  if (session.data.signedIn === undefined) {
    const next = encodeURIComponent(pathname + search);
    return <Navigate to={`/login?next=${next}`} replace />;
  }
  return <Outlet />;
}
