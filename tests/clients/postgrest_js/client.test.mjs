// The query forms of @supabase/postgrest-js, as its documentation shows them, against a server with the module `shop`.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { PostgrestClient } from '@supabase/postgrest-js';

const url = process.env.TENON_URL;
const headers = { Cookie: process.env.TENON_COOKIE };
const shop = new PostgrestClient(`${url}/shop`, { headers });
const crm = new PostgrestClient(`${url}/crm`, { headers });

const good = (answer) => {
  assert.equal(answer.error, null, JSON.stringify(answer.error));
  return answer;
};
const names = async (query) => good(await query.order('name')).data.map((row) => row.name);
const items = (columns = 'name', options) => shop.from('item').select(columns, options);

let tools;
let toys;
before(async () => {
  const made = good(await shop.from('category').insert([{ name: 'Tools' }, { name: 'Toys' }]).select('id,name'));
  [tools, toys] = made.data.map((row) => row.id);
  const rows = [
    { name: 'Hand saw', sku: 'S1', category: tools, price: '19.90', stock: 3, active: true, kind: 'new', tags: ['red', 'big'], released: '2026-01-15' },
    { name: 'Axe', sku: 'A1', category: tools, price: '35.00', stock: 0, active: false, kind: 'used', tags: ['red'], released: '2026-03-01' },
    { name: 'Rubber ball', sku: 'B1', category: toys, price: '2.50', stock: 40, active: null, kind: null, tags: ['blue'], released: null },
    { name: 'Odd, "thing"', sku: 'O1', category: null, price: null, stock: 1, active: null, kind: null, tags: null, released: null },
  ];
  const answer = good(await shop.from('item').insert(rows).select('id,name'));
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.data.map((row) => row.name), rows.map((row) => row.name));
  const id = Object.fromEntries(answer.data.map((row) => [row.name, row.id]));
  good(await shop.from('review').insert([{ item: id['Hand saw'], stars: 5 }, { item: id['Hand saw'], stars: 3 }, { item: id.Axe, stars: 1 }]));
});

test('select everything, some columns, renamed and cast', async () => {
  assert.equal(good(await shop.from('item').select()).data.length, 4);
  assert.equal(good(await shop.from('item').select('*')).data.length, 4);
  const { data } = good(await items('title:name, price::float8, stock::text').eq('sku', 'S1'));
  assert.deepEqual(data, [{ title: 'Hand saw', price: 19.9, stock: '3' }]);
});

test('select with embedding in both directions, nested, aliased, by hint, inner, spread and counted', async () => {
  const down = good(await shop.from('category').select('name, item ( name, review ( stars ) )').eq('name', 'Tools')
    .order('name', { referencedTable: 'item' }).order('stars', { referencedTable: 'item.review', ascending: false }));
  assert.deepEqual(down.data, [{ name: 'Tools', item: [{ name: 'Axe', review: [{ stars: 1 }] },
    { name: 'Hand saw', review: [{ stars: 5 }, { stars: 3 }] }] }]);
  const up = good(await items('name, group:category!category ( name )').eq('sku', 'B1'));
  assert.deepEqual(up.data, [{ name: 'Rubber ball', group: { name: 'Toys' } }]);
  const inner = good(await items('name, review!inner(stars)').gt('review.stars', 3));
  assert.deepEqual(inner.data, [{ name: 'Hand saw', review: [{ stars: 5 }] }]);
  const spread = good(await items('name, ...category(group:name)').eq('sku', 'S1'));
  assert.deepEqual(spread.data, [{ name: 'Hand saw', group: 'Tools' }]);
  const counted = good(await items('name, review(count)').order('name'));
  assert.deepEqual(counted.data.map((row) => row.review[0].count), [1, 2, 0, 0]);
  const none = good(await items('name, review()').is('review', null).order('name'));
  assert.deepEqual(none.data, [{ name: 'Odd, "thing"' }, { name: 'Rubber ball' }]);
});

test('embedded rows are filtered, limited and ranged by referencedTable', async () => {
  const some = good(await items('name, review(stars)').eq('sku', 'S1').or('stars.eq.3,stars.eq.4', { referencedTable: 'review' }));
  assert.deepEqual(some.data[0].review, [{ stars: 3 }]);
  const first = good(await items('review(stars)').eq('sku', 'S1').order('stars', { referencedTable: 'review' }).limit(1, { referencedTable: 'review' }));
  assert.deepEqual(first.data[0].review, [{ stars: 3 }]);
  const second = good(await items('review(stars)').eq('sku', 'S1').order('stars', { referencedTable: 'review' }).range(1, 1, { referencedTable: 'review' }));
  assert.deepEqual(second.data[0].review, [{ stars: 5 }]);
});

test('comparisons', async () => {
  assert.deepEqual(await names(items().eq('name', 'Axe')), ['Axe']);
  assert.deepEqual(await names(items().neq('sku', 'A1')), ['Hand saw', 'Odd, "thing"', 'Rubber ball']);
  assert.deepEqual(await names(items().gt('price', 19.9)), ['Axe']);
  assert.deepEqual(await names(items().gte('price', 19.9)), ['Axe', 'Hand saw']);
  assert.deepEqual(await names(items().lt('stock', 1)), ['Axe']);
  assert.deepEqual(await names(items().lte('released', '2026-02-01')), ['Hand saw']);
});

test('patterns, one, any and all', async () => {
  assert.deepEqual(await names(items().like('name', '%saw')), ['Hand saw']);
  assert.deepEqual(await names(items().ilike('name', '%BALL%')), ['Rubber ball']);
  assert.deepEqual(await names(items().likeAnyOf('name', ['Axe', 'Hand%'])), ['Axe', 'Hand saw']);
  assert.deepEqual(await names(items().likeAllOf('name', ['%a%', 'H%'])), ['Hand saw']);
  assert.deepEqual(await names(items().ilikeAnyOf('name', ['axe', 'HAND%'])), ['Axe', 'Hand saw']);
  assert.deepEqual(await names(items().ilikeAllOf('name', ['%A%', 'h%'])), ['Hand saw']);
});

test('is, isDistinct, in and notIn with values that need quotes', async () => {
  assert.deepEqual(await names(items().is('active', null)), ['Odd, "thing"', 'Rubber ball']);
  assert.deepEqual(await names(items().is('active', true)), ['Hand saw']);
  assert.deepEqual(await names(items().isDistinct('kind', 'new')), ['Axe', 'Odd, "thing"', 'Rubber ball']);
  assert.deepEqual(await names(items().in('name', ['Axe', 'Odd, "thing"'])), ['Axe', 'Odd, "thing"']);
  assert.deepEqual(await names(items().notIn('sku', ['A1', 'S1'])), ['Odd, "thing"', 'Rubber ball']);
});

test('lists of options: contains, containedBy, overlaps', async () => {
  assert.deepEqual(await names(items().contains('tags', ['red'])), ['Axe', 'Hand saw']);
  assert.deepEqual(await names(items().containedBy('tags', ['red', 'blue'])), ['Axe', 'Rubber ball']);
  assert.deepEqual(await names(items().overlaps('tags', ['big', 'blue'])), ['Hand saw', 'Rubber ball']);
});

test('match, not, filter', async () => {
  assert.deepEqual(await names(items().match({ kind: 'used', stock: 0 })), ['Axe']);
  assert.deepEqual(await names(items().not('kind', 'is', null)), ['Axe', 'Hand saw']);
  assert.deepEqual(await names(items().not('sku', 'in', '(A1,S1)')), ['Odd, "thing"', 'Rubber ball']);
  assert.deepEqual(await names(items().filter('stock', 'gte', 3)), ['Hand saw', 'Rubber ball']);
  assert.deepEqual(await names(items('name, category!inner(name)').filter('category.name', 'in', '("Toys")')), ['Rubber ball']);
});

test('or and nested and, with lists in braces and quoted values', async () => {
  assert.deepEqual(await names(items().or('name.eq.Axe,stock.gt.10')), ['Axe', 'Rubber ball']);
  assert.deepEqual(await names(items().or('name.eq."Odd, \\"thing\\"",and(stock.gt.1,tags.cs.{red,big})')), ['Hand saw', 'Odd, "thing"']);
  assert.deepEqual(await names(items().or('stock.eq.0,stock.eq.3').not('kind', 'eq', 'new')), ['Axe']);
  assert.deepEqual(await names(items().or('not.and(stock.gte.0,stock.lte.39)')), ['Rubber ball']);
});

test('text search in its four manners', async () => {
  assert.deepEqual(await names(items().textSearch('name', 'saw | ball')), ['Hand saw', 'Rubber ball']);
  assert.deepEqual(await names(items().textSearch('name', "'saw' & !'ball'", { config: 'english' })), ['Hand saw']);
  assert.deepEqual(await names(items().textSearch('name', 'ball rubber', { type: 'plain' })), ['Rubber ball']);
  assert.deepEqual(await names(items().textSearch('name', 'hand saw', { type: 'phrase' })), ['Hand saw']);
  assert.deepEqual(await names(items().textSearch('name', 'saw or ball -rubber', { type: 'websearch' })), ['Hand saw']);
});

test('order with nulls and by a related record', async () => {
  const by = async (...order) => good(await order.reduce((query, [column, options]) => query.order(column, options),
    items('name, category(name)'))).data.map((row) => row.name);
  assert.deepEqual(await by(['price', { ascending: false, nullsFirst: false }]), ['Axe', 'Hand saw', 'Rubber ball', 'Odd, "thing"']);
  assert.deepEqual(await by(['price', { nullsFirst: true }]), ['Odd, "thing"', 'Rubber ball', 'Hand saw', 'Axe']);
  assert.deepEqual(await by(['category(name)', { ascending: false, nullsFirst: false }], ['name', {}]), ['Rubber ball', 'Axe', 'Hand saw', 'Odd, "thing"']);
});

test('limit, range and count', async () => {
  assert.equal(good(await items().limit(2)).data.length, 2);
  const part = good(await items('name', { count: 'exact' }).order('name').range(1, 2));
  assert.deepEqual([part.data.map((row) => row.name), part.count, part.status], [['Hand saw', 'Odd, "thing"'], 4, 206]);
  for (const count of ['exact', 'planned', 'estimated']) {
    const head = good(await items('*', { count, head: true }));
    assert.deepEqual([head.data, head.count], [null, 4], count);
  }
  const behind = await items('name', { count: 'exact' }).range(10, 20);
  assert.equal(behind.status, 416);
  assert.match(behind.error.details, /only 4 rows/);
});

test('aggregates', async () => {
  const { data } = good(await items('kind, stock.sum(), n:count()').order('kind'));
  assert.deepEqual(data, [{ kind: 'new', sum: 3, n: 1 }, { kind: 'used', sum: 0, n: 1 }, { kind: null, sum: 41, n: 2 }]);
});

test('single, and the error that apps look for when there is not one', async () => {
  assert.deepEqual(good(await items().eq('sku', 'S1').single()).data, { name: 'Hand saw' });
  for (const [query, rows] of [[items().eq('sku', 'none'), 0], [items(), 4]]) {
    const { data, error, status } = await query.single();
    assert.deepEqual([data, status, error.code], [null, 406, 'PGRST116']);
    assert.equal(error.details, `The result contains ${rows} rows`);
    assert.ok(error.message);
  }
});

test('maybeSingle', async () => {
  assert.deepEqual(good(await items().eq('sku', 'S1').maybeSingle()).data, { name: 'Hand saw' });
  assert.equal(good(await items().eq('sku', 'none').maybeSingle()).data, null);
  assert.equal((await items().maybeSingle()).error.code, 'PGRST116');
});

test('csv and stripped nulls', async () => {
  const { data } = good(await items('name,price').in('sku', ['S1', 'O1']).order('name').csv());
  assert.equal(data, 'name,price\r\nHand saw,19.90\r\n"Odd, ""thing""",\r\n');
  assert.deepEqual(good(await items('name,price').eq('sku', 'O1').stripNulls()).data, [{ name: 'Odd, "thing"' }]);
  assert.deepEqual(good(await items('name,price').eq('sku', 'O1').stripNulls().single()).data, { name: 'Odd, "thing"' });
});

test('insert one and several, with and without what was made', async () => {
  const bare = good(await shop.from('item').insert({ name: 'bare' }));
  assert.deepEqual([bare.status, bare.data], [201, null]);
  const one = good(await shop.from('item').insert({ name: 'one' }).select('name,stock').single());
  assert.deepEqual(one.data, { name: 'one', stock: 1 });
  const several = good(await shop.from('item').insert([{ name: 'two', stock: 2 }, { name: 'three' }], { count: 'exact' }).select('name,stock'));
  assert.deepEqual([several.data, several.count], [[{ name: 'two', stock: 2 }, { name: 'three', stock: null }], 2]);
  const defaults = good(await shop.from('item').insert([{ name: 'four', stock: 2 }, { name: 'five' }], { defaultToNull: false }).select('name,stock'));
  assert.deepEqual(defaults.data[1], { name: 'five', stock: 1 });
  const gone = good(await shop.from('item').delete({ count: 'exact' }).is('sku', null));
  assert.deepEqual([gone.status, gone.count], [204, 6]);
});

test('upsert merges, ignores, and goes by the id', async () => {
  const merged = good(await shop.from('item').upsert([{ sku: 'U1', name: 'first', stock: 1 }, { sku: 'U2', name: 'second', stock: 2 }],
    { onConflict: 'sku', count: 'exact' }).select('id,sku,name'));
  assert.deepEqual([merged.status, merged.count], [201, 2]);
  const again = good(await shop.from('item').upsert({ sku: 'U1', name: 'changed' }, { onConflict: 'sku' }).select('name,stock').single());
  assert.deepEqual([again.status, again.data], [200, { name: 'changed', stock: 1 }]);
  const ignored = good(await shop.from('item').upsert([{ sku: 'U1', name: 'ignored' }, { sku: 'U3', name: 'third' }],
    { onConflict: 'sku', ignoreDuplicates: true }).select('sku'));
  assert.deepEqual(ignored.data, [{ sku: 'U3' }]);
  const byId = good(await shop.from('item').upsert({ id: merged.data[1].id, name: 'by id' }).select('sku,name').single());
  assert.deepEqual(byId.data, { sku: 'U2', name: 'by id' });
  good(await shop.from('item').delete().like('sku', 'U%'));
});

test('update and delete with filters, maxAffected and rollback', async () => {
  good(await shop.from('item').insert([{ name: 'x1', sku: 'X1' }, { name: 'x2', sku: 'X2' }]));
  const changed = good(await shop.from('item').update({ stock: 9 }, { count: 'exact' }).like('sku', 'X%').select('name,stock').order('name'));
  assert.deepEqual([changed.data, changed.count], [[{ name: 'x1', stock: 9 }, { name: 'x2', stock: 9 }], 2]);
  assert.equal(good(await shop.from('item').update({ stock: 8 }).eq('sku', 'X1')).status, 204);
  const bounded = await shop.from('item').update({ stock: 1 }).like('sku', 'X%').maxAffected(1);
  assert.notEqual(bounded.error, null);
  const dry = good(await shop.from('item').delete().like('sku', 'X%').select('name').rollback());
  assert.equal(dry.data.length, 2);
  const real = good(await shop.from('item').delete().like('sku', 'X%').select('name').order('name'));
  assert.deepEqual(real.data, [{ name: 'x1' }, { name: 'x2' }]);
  const all = await shop.from('item').delete();
  assert.deepEqual([all.status, all.error.code], [400, 'invalid'], 'a filter is required');
});

test('rpc runs an action, reads by get and counts', async () => {
  const customer = good(await crm.from('customer').insert({ name: 'rpc', level: 'C' }).select('id').single()).data;
  const input = { ids: [customer.id], level: 'B' };
  const answer = good(await crm.rpc('set_level', input));
  assert.equal(typeof answer.data, 'object');
  assert.equal(good(await crm.from('customer').select('level').eq('id', customer.id).single()).data.level, 'B');
  good(await crm.rpc('set_level', { ...input, level: 'A' }).single());
  const reading = await crm.rpc('set_level', input, { get: true });
  assert.deepEqual([reading.status, reading.error.reason], [405, 'rpc.writes']);
  assert.equal((await crm.rpc('nothing', {})).status, 404);
});

test('errors have the members that the client shows', async () => {
  const { error, status } = await items('nothing');
  assert.equal(status, 422);
  for (const member of ['message', 'details', 'hint', 'code']) assert.ok(member in error, member);
  await assert.rejects(async () => { await items('nothing').throwOnError(); }, { name: 'PostgrestError' });
  const double = await shop.from('item').insert({ name: 'double', sku: 'S1' });
  assert.deepEqual([double.status, double.error.code], [409, 'conflict']);
});

test('a request is aborted, and the connection serves the next', async () => {
  const control = new AbortController();
  control.abort();
  const { error, data } = await items().abortSignal(control.signal);
  assert.equal(data, null);
  assert.match(error.message, /AbortError/);
  const late = new AbortController();
  const pending = items().abortSignal(late.signal);
  setTimeout(() => late.abort(), 0);
  await pending;
  assert.equal(good(await items()).data.length, 4);
});

test('schema() names a profile that is read over', async () => {
  assert.equal(good(await shop.schema('public').from('item').select('name')).data.length, 4);
});
