import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { AppRoutes } from './app/AppRoutes.tsx';
import { createQueryClient } from './app/query-client.ts';
import { allowStyleText } from './app/trusted-types.ts';
import { loadLayoutEarly } from './features/layout/load-layout.ts';
import { startI18n } from './i18n/index.ts';
import './app/base.css';

allowStyleText();
loadLayoutEarly();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

await startI18n();
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <BrowserRouter>
        <AppRoutes />
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);
