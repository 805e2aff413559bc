// Saving one record: create or change, with what the server then holds as the result. A change over
// an outdated version becomes a merge; only real clashes come back as a question.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createRecord, readRecord, updateRecord, type EntityPath, type VersionedRow } from '../../api/client.ts';
import { ApiError } from '../../api/problem.ts';
import type { Row, Values } from '../../api/types.ts';
import { type Merge, mergeVersions } from './merge.ts';

export interface Conflict extends Merge {
  theirs: VersionedRow;
}

export type SaveResult =
  | { kind: 'saved'; row: Row; sent: Values; merged: boolean }
  | { kind: 'conflict'; conflict: Conflict };

export function useSaveRecord(at: EntityPath, base: VersionedRow | undefined) {
  const client = useQueryClient();
  const [saving, setSaving] = useState(false);

  const write = async (changes: Values): Promise<SaveResult> => {
    if (base === undefined) return { kind: 'saved', row: (await createRecord(at, changes)).row, sent: changes, merged: false };
    try {
      const { row } = await updateRecord(at, base.row.id, base.etag, changes);
      return { kind: 'saved', row, sent: changes, merged: false };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
    }
    const theirs = await readRecord(at, base.row.id);
    const merge = mergeVersions(base.row, changes, theirs.row);
    if (merge.clashes.length > 0) return { kind: 'conflict', conflict: { ...merge, theirs } };
    const { row } = await updateRecord(at, base.row.id, theirs.etag, merge.changes);
    return { kind: 'saved', row, sent: merge.changes, merged: true };
  };

  const resolve = async (conflict: Conflict, chosen: Values): Promise<SaveResult> => {
    const sent = { ...conflict.changes, ...chosen };
    const { row } = conflict.theirs;
    if (Object.keys(sent).length === 0) return { kind: 'saved', row, sent, merged: true };
    const saved = await updateRecord(at, row.id, conflict.theirs.etag, sent);
    return { kind: 'saved', row: saved.row, sent, merged: true };
  };

  const run = async (work: Promise<SaveResult>): Promise<SaveResult> => {
    setSaving(true);
    try {
      const result = await work;
      if (result.kind === 'saved') {
        await client.invalidateQueries({ queryKey: ['records', at.plugin, at.entity] });
        await client.invalidateQueries({ queryKey: ['label', at.plugin, at.entity] });
      }
      return result;
    } finally {
      setSaving(false);
    }
  };

  return {
    saving,
    save: (changes: Values) => run(write(changes)),
    settle: (conflict: Conflict, chosen: Values) => run(resolve(conflict, chosen)),
  };
}
