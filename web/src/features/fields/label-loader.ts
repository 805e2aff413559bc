// A list of 50 rows with a reference column needs 50 labels. Those asked for in the same moment
// are fetched with one request per referenced entity.
import { listRecords } from '../../api/client.ts';
import type { Reference } from '../../api/types.ts';

type Labels = Map<string, string>;
interface Batch {
  ids: Set<string>;
  answer: Promise<Labels>;
}

const batches = new Map<string, Batch>();
const batchLimit = 200;

async function load(reference: Reference, ids: Set<string>): Promise<Labels> {
  const { plugin, entity, label_field: label } = reference;
  const filters = [{ field: 'id', op: 'in' as const, value: [...ids] }];
  const page = await listRecords({ plugin, entity }, { select: ['id', label], filters, limit: batchLimit });
  return new Map(page.rows.map((row) => [row.id, String(row[label] ?? row.id)]));
}

export async function loadLabel(reference: Reference, id: string): Promise<string> {
  const key = `${reference.plugin}/${reference.entity}/${reference.label_field}`;
  let batch = batches.get(key);
  if (batch === undefined || batch.ids.size >= batchLimit) {
    const ids = new Set<string>();
    const answer = Promise.resolve().then(() => {
      if (batches.get(key)?.ids === ids) batches.delete(key);
      return load(reference, ids);
    });
    batch = { ids, answer };
    batches.set(key, batch);
  }
  batch.ids.add(id);
  return (await batch.answer).get(id) ?? id;
}
