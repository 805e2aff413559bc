import { useQuery } from '@tanstack/react-query';
import { Drawer } from 'antd';
import { readRecord } from '../../api/client.ts';
import type { Entity } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { PageSkeleton } from '../layout/PageSkeleton.tsx';
import { ProblemPanel } from '../layout/ProblemPanel.tsx';
import { RecordForm } from './RecordForm.tsx';

interface Props {
  plugin: string;
  entity: Entity;
  recordId: string | undefined;
  onClose: () => void;
}

export default function RecordDrawer({ plugin, entity, recordId, onClose }: Props) {
  const { t, say } = useText();
  const label = say(entity.label);
  const record = useQuery({
    queryKey: ['records', plugin, entity.name, 'one', recordId],
    queryFn: ({ signal }) => readRecord({ plugin, entity: entity.name }, recordId ?? '', signal),
    enabled: recordId !== undefined,
    // The form edits one version; a newer one arriving underneath would overwrite what is typed.
    staleTime: 0,
    gcTime: 0,
    refetchOnReconnect: false,
  });
  const ready = recordId === undefined || (record.isSuccess && record.isFetchedAfterMount);
  return (
    <Drawer
      open
      size={640}
      title={recordId === undefined ? t('form.create', { label }) : t('form.edit', { label })}
      onClose={onClose}
      styles={{ body: { padding: 0, display: 'flex', flexDirection: 'column' } }}
    >
      {record.isError ? (
        <ProblemPanel error={record.error} onRetry={() => void record.refetch()} />
      ) : ready ? (
        <RecordForm plugin={plugin} entity={entity} loaded={record.data} onClose={onClose} />
      ) : (
        <PageSkeleton />
      )}
    </Drawer>
  );
}
