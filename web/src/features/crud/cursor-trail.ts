// Keyset paging only knows the way forward: page n+1 begins after the last row of page n. The trail
// remembers the cursors met so far, so a list can jump back to any page it has seen and forget its
// rows meanwhile. It is a value: `learn` returns a new trail, or the same one when nothing changed.

export interface CursorTrail {
  readonly pageSize: number;
  // cursors[n] opens page n; the first page has none.
  readonly cursors: readonly (string | undefined)[];
  // Rows on the last page, once the end was seen.
  readonly lastRows: number | undefined;
  readonly total: number | undefined;
}

export interface PageFacts {
  rows: number;
  next: string | undefined;
  total?: number | undefined;
}

export function startTrail(pageSize: number): CursorTrail {
  return { pageSize, cursors: [undefined], lastRows: undefined, total: undefined };
}

export function learn(trail: CursorTrail, page: number, facts: PageFacts): CursorTrail {
  if (page < 0 || page >= trail.cursors.length) return trail;
  const total = facts.total ?? trail.total;
  if (facts.next === undefined) {
    const cursors = trail.cursors.length === page + 1 ? trail.cursors : trail.cursors.slice(0, page + 1);
    const same = cursors === trail.cursors && trail.lastRows === facts.rows && total === trail.total;
    return same ? trail : { ...trail, cursors, lastRows: facts.rows, total };
  }
  const isNewPage = page + 1 === trail.cursors.length;
  if (!isNewPage && trail.cursors[page + 1] === facts.next) return total === trail.total ? trail : { ...trail, total };
  const cursors = [...trail.cursors];
  cursors[page + 1] = facts.next;
  return { ...trail, cursors, lastRows: isNewPage ? undefined : trail.lastRows, total };
}

// Rows that the list has room for: all that is known plus, before the end is seen, one page ahead.
export function rowCount(trail: CursorTrail): number {
  const full = trail.cursors.length - 1;
  return full * trail.pageSize + (trail.lastRows ?? trail.pageSize);
}

// Pages to hold while rows first…last are on screen: those plus one on each side, at most `limit`.
export function pagesAround(trail: CursorTrail, first: number, last: number, limit: number): number[] {
  const end = trail.cursors.length - 1;
  const from = Math.min(end, Math.max(0, Math.floor(first / trail.pageSize) - 1));
  const to = Math.min(end, Math.floor(last / trail.pageSize) + 1, from + limit - 1);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
