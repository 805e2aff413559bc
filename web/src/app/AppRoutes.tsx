import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { LoginPage } from '../features/session/LoginPage.tsx';
import { PageSkeleton } from '../features/layout/PageSkeleton.tsx';
import { loadLayout } from '../features/layout/load-layout.ts';
import { SessionGuard } from '../features/session/SessionGuard.tsx';

const MainLayout = lazy(loadLayout);
const HomePage = lazy(() => import('../features/layout/HomePage.tsx'));
const WelcomePage = lazy(() => import('../features/session/WelcomePage.tsx'));
const SetupPage = lazy(() => import('../features/session/SetupPage.tsx'));
const PluginsPage = lazy(() => import('../features/plugins/PluginsPage.tsx'));
const PluginPage = lazy(() => import('../features/plugins/PluginPage.tsx'));

export function AppRoutes() {
  return (
    <Suspense fallback={<PageSkeleton />}>
      <Routes>
        <Route path="/login" element={<LoginPage />} />
        <Route path="/welcome" element={<WelcomePage />} />
        <Route path="/setup" element={<SetupPage />} />
        <Route element={<SessionGuard />}>
          <Route element={<MainLayout />}>
            <Route index element={<HomePage />} />
            <Route path="/plugins" element={<PluginsPage />} />
            <Route path="/p/:plugin/:page/:record?" element={<PluginPage />} />
          </Route>
        </Route>
        <Route path="*" element={<Navigate to="/" replace />} />
      </Routes>
    </Suspense>
  );
}
