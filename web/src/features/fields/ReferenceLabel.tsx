import { useQuery } from '@tanstack/react-query';
import type { Reference } from '../../api/types.ts';
import { loadLabel } from './label-loader.ts';

export function useReferenceLabel(reference: Reference, id: string | undefined): string | undefined {
  const label = useQuery({
    queryKey: ['label', reference.plugin, reference.entity, id],
    queryFn: () => loadLabel(reference, id ?? ''),
    enabled: id !== undefined,
    staleTime: 60_000,
  });
  return label.data;
}

export function ReferenceLabel({ reference, id }: { reference: Reference; id: string }) {
  return <>{useReferenceLabel(reference, id) ?? '…'}</>;
}
