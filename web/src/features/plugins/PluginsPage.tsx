import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Tag } from 'antd';
import { type FormEvent, useId, useState } from 'react';
import { toProblem } from '../../api/problem.ts';
import type { InstalledPlugin } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { PageSkeleton } from '../layout/PageSkeleton.tsx';
import { ProblemPanel } from '../layout/ProblemPanel.tsx';
import { ManifestErrors } from './ManifestErrors.tsx';
import { menuKey, pluginsKey, uploadPlugin, useInstalledPlugins } from './plugin-store.ts';
import './plugins.css';

export default function PluginsPage() {
  const { t } = useText();
  const plugins = useInstalledPlugins();
  return (
    <div className="plugins">
      <h1>{t('plugins.title')}</h1>
      <section className="plugins-card">
        <h2>{t('plugins.installed')}</h2>
        {plugins.isPending ? (
          <PageSkeleton />
        ) : plugins.isError ? (
          <ProblemPanel error={plugins.error} onRetry={() => void plugins.refetch()} />
        ) : (
          <PluginTable plugins={plugins.data} />
        )}
      </section>
      <section className="plugins-card">
        <h2>{t('plugins.install')}</h2>
        <UploadForm />
      </section>
    </div>
  );
}

function PluginTable({ plugins }: { plugins: readonly InstalledPlugin[] }) {
  const { t, say } = useText();
  if (plugins.length === 0) return <p className="plugins-empty">{t('plugins.empty')}</p>;
  const stateText = (state: string): string => t(`plugins.states.${state as 'enabled'}`, { defaultValue: state });
  const good = new Set(['enabled', 'active', 'installed']);
  return (
    <table className="plugins-table" data-testid="plugins">
      <thead>
        <tr>
          <th scope="col">{t('plugins.id')}</th>
          <th scope="col">{t('plugins.version')}</th>
          <th scope="col">{t('plugins.state')}</th>
        </tr>
      </thead>
      <tbody>
        {plugins.map((plugin) => (
          <tr key={plugin.id}>
            <td>
              <strong>{plugin.id}</strong> {say(plugin.label ?? plugin.name)}
            </td>
            <td>{plugin.version}</td>
            <td>
              <Tag color={good.has(plugin.state) ? 'green' : 'orange'}>{stateText(plugin.state)}</Tag>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function UploadForm() {
  const { t } = useText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [manifest, setManifest] = useState<File>();
  const [component, setComponent] = useState<File>();
  const upload = useMutation({
    mutationFn: uploadPlugin,
    onSuccess: async (plugin) => {
      void message.success(t('plugins.done', { id: plugin.id, version: plugin.version }));
      await Promise.all([menuKey, pluginsKey].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (manifest && component) upload.mutate({ manifest, component });
  };
  return (
    <form onSubmit={submit} className="plugins-upload">
      <FileField label={t('plugins.manifest')} accept=".toml" file={manifest} testId="manifest" onPick={setManifest} />
      <FileField label={t('plugins.component')} accept=".wasm" file={component} testId="component" onPick={setComponent} />
      <Button type="primary" htmlType="submit" loading={upload.isPending} disabled={!manifest || !component} data-testid="upload">
        {t('plugins.upload')}
      </Button>
      {upload.error ? <ManifestErrors problem={toProblem(upload.error)} /> : null}
    </form>
  );
}

interface FileFieldProps {
  label: string;
  accept: string;
  file: File | undefined;
  testId: string;
  onPick: (file: File | undefined) => void;
}

// The input stays in the page, only out of sight, so the keyboard and screen readers reach it.
function FileField({ label, accept, file, testId, onPick }: FileFieldProps) {
  const { t } = useText();
  const id = useId();
  return (
    <div className="plugins-file">
      <span>{label}</span>
      <input
        id={id}
        type="file"
        accept={accept}
        className="visually-hidden"
        aria-label={label}
        data-testid={testId}
        onChange={(event) => { onPick(event.target.files?.[0]); }}
      />
      <label htmlFor={id}>{file ? `${file.name} · ${Math.ceil(file.size / 1024).toLocaleString()} KiB` : t('plugins.choose')}</label>
    </div>
  );
}
