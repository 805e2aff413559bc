import type { Filter } from '../../../api/query-string.ts';

// What a person typed to get this filter: `like.*word*` and `eq.word` both show as the word.
export function likeText(filter: Filter | undefined): string {
  if (filter === undefined || typeof filter.value !== 'string') return '';
  return filter.op === 'like' || filter.op === 'ilike' ? filter.value.replace(/^\*|\*$/g, '') : filter.value;
}
