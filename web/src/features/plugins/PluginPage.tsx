import { lazy, Suspense, type ComponentType } from 'react';
import { Link, useParams } from 'react-router';
import { ErrorBoundary } from '../../app/ErrorBoundary.tsx';
import type { Page, Schema } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { PageSkeleton } from '../layout/PageSkeleton.tsx';
import { ProblemPanel } from '../layout/ProblemPanel.tsx';
import { useSchema } from './plugin-store.ts';

export interface PageProps {
  schema: Schema;
  page: Page;
  record: string | undefined;
}

// One component per page kind that a manifest may declare; each loads when first shown.
const pageKinds: Partial<Record<string, ComponentType<PageProps>>> = {
  crud: lazy(() => import('../crud/CrudPage.tsx')),
};

// Makes a screen from an installed manifest: which plugin and page is in the address, what it shows
// is in the schema. Nothing here knows an entity.
export default function PluginPage() {
  const { plugin = '', page: pageId = '', record } = useParams();
  const { t } = useText();
  const schema = useSchema(plugin);
  if (schema.isPending) return <PageSkeleton />;
  if (schema.isError) return <ProblemPanel error={schema.error} onRetry={() => void schema.refetch()} />;

  const page = schema.data.pages.find((candidate) => candidate.id === pageId);
  if (page === undefined) return <Note title={t('page.missing')} text={t('page.missingText')} />;
  const Kind = pageKinds[page.kind];
  if (Kind === undefined) return <Note title={t('page.unknownKind', { kind: page.kind })} text="" />;

  return (
    <ErrorBoundary key={`${plugin}/${pageId}`} fallback={<Note title={t('page.failed')} text="" />}>
      <Suspense fallback={<PageSkeleton />}>
        <Kind key={`${plugin}/${pageId}`} schema={schema.data} page={page} record={record} />
      </Suspense>
    </ErrorBoundary>
  );
}

function Note({ title, text }: { title: string; text: string }) {
  const { t } = useText();
  return (
    <div className="panel-note">
      <h2>{title}</h2>
      <p>{text}</p>
      <Link to="/">{t('page.home')}</Link>
    </div>
  );
}
