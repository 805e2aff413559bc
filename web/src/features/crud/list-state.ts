// The list's filters and order live in the page's address, in the API's own dialect: a link shows
// the same rows to whoever may see them. What the schema does not offer is ignored, not sent.
import { decodeFilter, decodeSort, encodeFilter, encodeSort, type Filter, type Sort } from '../../api/query-string.ts';
import type { Entity, Field } from '../../api/types.ts';

export interface ListState {
  filters: Filter[];
  order: Sort[];
  search: string;
}

const orderParam = 'order';
const searchParam = 'q';

export function readListState(params: URLSearchParams, entity: Entity): ListState {
  const filters: Filter[] = [];
  for (const field of entity.fields) {
    if (field.name === orderParam || field.name === searchParam) continue;
    for (const text of params.getAll(field.name)) {
      const filter = decodeFilter(field.name, text);
      if (filter) filters.push(filter);
    }
  }
  const sortable = new Set(entity.fields.filter(isSortable).map((field) => field.name));
  const order = decodeSort(params.get(orderParam)).filter((sort) => sortable.has(sort.field));
  return { filters, order, search: params.get(searchParam) ?? '' };
}

export function writeListState(state: ListState): URLSearchParams {
  const params = new URLSearchParams();
  for (const filter of state.filters) params.append(filter.field, encodeFilter(filter));
  if (state.order.length > 0) params.set(orderParam, encodeSort(state.order));
  if (state.search !== '') params.set(searchParam, state.search);
  return params;
}

export function isSortable(field: Field): boolean {
  return field.sortable === true;
}

export function replaceFilters(state: ListState, field: string, filters: readonly Filter[]): ListState {
  return { ...state, filters: [...state.filters.filter((filter) => filter.field !== field), ...filters] };
}

// A click goes none → ascending → descending → none. Without `add` it replaces the other orders.
export function toggleSort(order: readonly Sort[], field: string, add: boolean): Sort[] {
  const current = order.find((sort) => sort.field === field);
  const others = add ? order.filter((sort) => sort.field !== field) : [];
  if (current === undefined) return [...others, { field, descending: false }];
  return current.descending ? others : [...others, { field, descending: true }];
}

// Quick search looks at one field: the label if it may be searched, else the first that may.
export function searchField(entity: Entity): Field | undefined {
  const searchable = entity.fields.filter((field) => field.searchable);
  return searchable.find((field) => field.name === entity.label_field) ?? searchable[0];
}
