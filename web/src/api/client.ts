// One door to the server: JSON in, JSON out, every refusal as an ApiError. The language of the
// screen travels with each request, so the server's messages come in it.
import { ApiError, problemOf } from './problem.ts';
import { toQueryString, type RecordQuery } from './query-string.ts';
import type { Row, Values } from './types.ts';

const base = '/api/v1';
let language = 'zh-CN';

export function setRequestLanguage(locale: string): void {
  language = locale;
}

export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('Accept-Language', language);
  if (!headers.has('Accept')) headers.set('Accept', 'application/json');
  if (typeof init.body === 'string') headers.set('Content-Type', 'application/json');
  const response = await fetch(`${base}${path}`, { ...init, headers, credentials: 'same-origin' });
  if (!response.ok && response.status !== 304) throw new ApiError(await problemOf(response));
  return response;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

export async function postJson<T>(path: string, body: unknown): Promise<T> {
  const response = await send(path, { method: 'POST', body: JSON.stringify(body) });
  return (await readBody(response)) as T;
}

export async function putJson<T>(path: string, body: unknown): Promise<T> {
  const response = await send(path, { method: 'PUT', body: JSON.stringify(body) });
  return (await readBody(response)) as T;
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

export interface EntityPath {
  plugin: string;
  entity: string;
}

export interface RecordPage {
  rows: Row[];
  next: string | undefined;
  total: number | undefined;
}

export interface VersionedRow {
  row: Row;
  etag: string;
}

function pathOf(at: EntityPath, id?: string): string {
  const entity = `/${encodeURIComponent(at.plugin)}/${encodeURIComponent(at.entity)}`;
  return id === undefined ? entity : `${entity}/${encodeURIComponent(id)}`;
}

// `Link: </api/v1/…?after=CURSOR&…>; rel="next"`
export function nextCursor(link: string | null): string | undefined {
  for (const part of (link ?? '').split(/,\s*(?=<)/)) {
    const match = /^\s*<([^>]*)>.*;\s*rel="?next"?/.exec(part);
    const target = match?.[1];
    if (target === undefined) continue;
    return new URL(target, 'http://relative.invalid').searchParams.get('after') ?? undefined;
  }
  return undefined;
}

// `Content-Range: 0-49/10000`; `*` when the server did not count.
export function totalOf(range: string | null): number | undefined {
  const total = /\/(\d+)$/.exec(range ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}

export async function listRecords(
  at: EntityPath,
  query: RecordQuery,
  options: { count?: boolean; signal?: AbortSignal } = {},
): Promise<RecordPage> {
  const init: RequestInit = {};
  if (options.count) init.headers = { Prefer: 'count=exact' };
  if (options.signal) init.signal = options.signal;
  const response = await send(`${pathOf(at)}?${toQueryString(query)}`, init);
  return {
    rows: (await response.json()) as Row[],
    next: nextCursor(response.headers.get('Link')),
    total: totalOf(response.headers.get('Content-Range')),
  };
}

async function versioned(response: Response): Promise<VersionedRow> {
  const body = await readBody(response);
  const row = (Array.isArray(body) ? body[0] : body) as Row;
  const version = row['version'];
  const etag = response.headers.get('ETag') ?? `"${typeof version === 'number' ? String(version) : ''}"`;
  return { row, etag };
}

export async function readRecord(at: EntityPath, id: string, signal?: AbortSignal): Promise<VersionedRow> {
  return versioned(await send(pathOf(at, id), signal ? { signal } : {}));
}

export async function createRecord(at: EntityPath, values: Values): Promise<VersionedRow> {
  const headers = { Prefer: 'return=representation' };
  return versioned(await send(pathOf(at), { method: 'POST', headers, body: JSON.stringify(values) }));
}

export async function updateRecord(at: EntityPath, id: string, etag: string, changes: Values): Promise<VersionedRow> {
  const headers = { Prefer: 'return=representation', 'If-Match': etag };
  return versioned(await send(pathOf(at, id), { method: 'PATCH', headers, body: JSON.stringify(changes) }));
}

export async function deleteRecord(at: EntityPath, id: string): Promise<void> {
  await send(pathOf(at, id), { method: 'DELETE' });
}
