// What is installed, as the server tells it: the menu and each plugin's schema. The menu is asked
// for every few seconds with its ETag; a changed menu means that a plugin came, went or changed, so
// the schemas are read again.
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { getJson, send } from '../../api/client.ts';
import type { InstalledPlugin, Menu, Schema } from '../../api/types.ts';

export const menuKey = ['menu'] as const;
export const pluginsKey = ['plugins'] as const;
const menuPollMs = 5_000;

interface MenuAnswer {
  etag: string | null;
  menu: Menu;
}

async function loadMenu(client: QueryClient): Promise<MenuAnswer> {
  const known = client.getQueryData<MenuAnswer>(menuKey);
  const headers: HeadersInit = known?.etag ? { 'If-None-Match': known.etag } : {};
  const response = await send('/menu', { headers });
  if (response.status === 304 && known) return known;
  if (known) void client.invalidateQueries({ queryKey: ['schema'] });
  return { etag: response.headers.get('ETag'), menu: (await response.json()) as Menu };
}

export function useMenu() {
  const client = useQueryClient();
  return useQuery({
    queryKey: menuKey,
    queryFn: () => loadMenu(client),
    refetchInterval: menuPollMs,
    select: (answer) => answer.menu,
  });
}

export function useSchema(plugin: string) {
  return useQuery({
    queryKey: ['schema', plugin],
    queryFn: ({ signal }) => getJson<Schema>(`/schema/${encodeURIComponent(plugin)}`, signal),
    staleTime: Infinity,
  });
}

export function useInstalledPlugins() {
  return useQuery({
    queryKey: pluginsKey,
    queryFn: async ({ signal }) => {
      const answer = await getJson<InstalledPlugin[] | { plugins: InstalledPlugin[] }>('/plugins', signal);
      return Array.isArray(answer) ? answer : answer.plugins;
    },
  });
}

export async function uploadPlugin(files: { manifest: File; component: File }): Promise<InstalledPlugin> {
  const body = new FormData();
  body.set('manifest', files.manifest);
  body.set('component', files.component);
  const headers = { 'X-Requested-With': 'tenon' };
  const response = await send('/plugins', { method: 'POST', headers, body });
  return (await response.json()) as InstalledPlugin;
}
