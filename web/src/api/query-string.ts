// Filters in the record API's dialect: `city=eq.上海&credit_limit=gte.1000&level=in.(A,B)`.
// The page's own address uses the same text, so a shared link is a saved view.

export const operators = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'like', 'ilike', 'in', 'is'] as const;
export type Operator = (typeof operators)[number];

export interface Filter {
  field: string;
  op: Operator;
  value: string | readonly string[];
}

export interface Sort {
  field: string;
  descending: boolean;
}

export interface RecordQuery {
  select?: readonly string[];
  filters?: readonly Filter[];
  order?: readonly Sort[];
  limit?: number;
  after?: string | undefined;
}

const listSyntax = /[,()"\\]|^\s|\s$|^$/;

// Inside `in.(…)` a comma, bracket or quote ends a value, so such values are quoted.
function listItem(value: string): string {
  return listSyntax.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
}

export function encodeFilter(filter: Filter): string {
  const { op, value } = filter;
  if (op === 'in') {
    const items = typeof value === 'string' ? [value] : value;
    return `in.(${items.map(listItem).join(',')})`;
  }
  return `${op}.${typeof value === 'string' ? value : value.join(',')}`;
}

function decodeList(text: string): string[] {
  const items: string[] = [];
  let item = '';
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (quoted && char === '\\') {
      i += 1;
      item += text.charAt(i);
    } else if (char === '"') {
      quoted = !quoted;
    } else if (char === ',' && !quoted) {
      items.push(item);
      item = '';
    } else {
      item += char;
    }
  }
  return [...items, item];
}

export function decodeFilter(field: string, text: string): Filter | undefined {
  const dot = text.indexOf('.');
  const op = operators.find((candidate) => candidate === text.slice(0, Math.max(dot, 0)));
  if (op === undefined) return undefined;
  const value = text.slice(dot + 1);
  if (op !== 'in') return { field, op, value };
  if (!value.startsWith('(') || !value.endsWith(')')) return undefined;
  return { field, op, value: decodeList(value.slice(1, -1)) };
}

export function encodeSort(order: readonly Sort[]): string {
  return order.map((sort) => `${sort.field}.${sort.descending ? 'desc' : 'asc'}`).join(',');
}

export function decodeSort(text: string | null): Sort[] {
  if (text === null || text === '') return [];
  return text.split(',').map((part) => {
    const [field = '', direction] = part.split('.');
    return { field, descending: direction === 'desc' };
  });
}

// `*` is the dialect's wildcard; a star typed by a person would widen the search, so it is dropped.
export function contains(field: string, text: string): Filter {
  return { field, op: 'like', value: `*${text.replaceAll('*', '')}*` };
}

export function toQueryString(query: RecordQuery): string {
  const params = new URLSearchParams();
  if (query.select && query.select.length > 0) params.set('select', query.select.join(','));
  for (const filter of query.filters ?? []) params.append(filter.field, encodeFilter(filter));
  if (query.order && query.order.length > 0) params.set('order', encodeSort(query.order));
  if (query.limit !== undefined) params.set('limit', String(query.limit));
  if (query.after !== undefined) params.set('after', query.after);
  return params.toString();
}
