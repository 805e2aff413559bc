// Unsaved form input, kept per form until it is saved or discarded, so that a reload, an ended
// session or a wrong click loses nothing. It lives in this tab only and sign-out clears it.
import type { VersionedRow } from '../../api/client.ts';
import type { Values } from '../../api/types.ts';

type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export interface DraftKey {
  user: string;
  plugin: string;
  entity: string;
  record: string;
}

export interface Draft {
  values: Values;
  // What the input was typed over. Saving names that version, so a change that somebody else made
  // since is merged or asked about, never overwritten.
  base: VersionedRow | undefined;
}

const text = (key: DraftKey): string => `tenon.draft/${key.user}/${key.plugin}/${key.entity}/${key.record}`;

export function readDraft(storage: DraftStorage, key: DraftKey): Draft | undefined {
  try {
    const stored = storage.getItem(text(key));
    const draft: unknown = stored === null ? undefined : JSON.parse(stored);
    if (typeof draft !== 'object' || draft === null || !('values' in draft)) return undefined;
    return draft as Draft;
  } catch {
    // Written by something else or cut off: a draft that cannot be read is no draft.
    return undefined;
  }
}

export function writeDraft(storage: DraftStorage, key: DraftKey, draft: Draft): void {
  try {
    storage.setItem(text(key), JSON.stringify(draft));
  } catch {
    // The storage is full or switched off; typing must go on without the safety net.
  }
}

export function dropDraft(storage: DraftStorage, key: DraftKey): void {
  storage.removeItem(text(key));
}
