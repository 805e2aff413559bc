import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { firstScreen } from './scripts/first-screen.ts';
import { precompress } from './scripts/precompress.ts';

const server = process.env['TENON_SERVER'] ?? 'http://127.0.0.1:8080';
const firstScreenBytes = 150_000;

export default defineConfig({
  plugins: [react(), firstScreen(firstScreenBytes), precompress()],
  build: {
    target: 'es2022',
    // Each inlined asset would be a data: URL that the policy forbids for scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: '127.0.0.1', proxy: { '/api': server, '/x': server } },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'node' },
});
