// The rows of a list of any length, of which the browser holds at most `maxPages` pages around
// what is on screen. The trail of cursors is kept beside the pages in the query cache.
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { listRecords, type EntityPath } from '../../api/client.ts';
import { type RecordQuery, toQueryString } from '../../api/query-string.ts';
import type { Row } from '../../api/types.ts';
import { learn, pagesAround, rowCount, startTrail, type CursorTrail } from './cursor-trail.ts';

const pageSize = 100;
const maxPages = 6;

export interface RecordPages {
  rowAt: (index: number) => Row | undefined;
  rows: Row[];
  count: number;
  total: number | undefined;
  loading: boolean;
  error: Error | undefined;
  empty: boolean;
  reload: () => void;
}

export interface RowRange {
  first: number;
  last: number;
}

export function useRecordPages(at: EntityPath, query: RecordQuery, range: RowRange): RecordPages {
  const client = useQueryClient();
  const { plugin, entity } = at;
  const text = toQueryString(query);
  const listKey = ['records', plugin, entity, 'list', text] as const;
  const trailKey = [...listKey, 'trail'] as const;

  const { data: trail } = useQuery({
    queryKey: trailKey,
    // Never asked for: reading a page writes it.
    queryFn: () => startTrail(pageSize),
    enabled: false,
    initialData: startTrail(pageSize),
    staleTime: Infinity,
  });
  const wanted = pagesAround(trail, range.first, range.last, maxPages);

  const results = useQueries({
    queries: wanted.map((page) => ({
      queryKey: [...listKey, page, trail.cursors[page]] as const,
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const after = trail.cursors[page];
        const answer = await listRecords(at, { ...query, limit: pageSize, after }, { count: page === 0, signal });
        client.setQueryData<CursorTrail>(trailKey, (old) =>
          learn(old ?? startTrail(pageSize), page, { rows: answer.rows.length, next: answer.next, total: answer.total }),
        );
        return answer.rows;
      },
    })),
  });

  const firstWanted = wanted[0] ?? 0;
  const lastWanted = wanted.at(-1) ?? 0;
  useEffect(() => {
    client.removeQueries({
      queryKey: ['records', plugin, entity, 'list'],
      type: 'inactive',
      predicate: ({ queryKey: [, , , , list, page] }) =>
        typeof page === 'number' && (list !== text || page < firstWanted || page > lastWanted),
    });
  }, [client, plugin, entity, text, firstWanted, lastWanted]);

  const byPage = new Map(wanted.map((page, i) => [page, results[i]?.data]));
  const first = results[0];
  return {
    rowAt: (index) => byPage.get(Math.floor(index / pageSize))?.[index % pageSize],
    rows: results.flatMap((result) => result.data ?? []),
    count: rowCount(trail),
    total: trail.total,
    loading: results.some((result) => result.isFetching),
    error: results.find((result) => result.error !== null)?.error ?? undefined,
    empty: firstWanted === 0 && first?.isSuccess === true && first.data.length === 0,
    reload: () => void client.invalidateQueries({ queryKey: ['records', plugin, entity] }),
  };
}
