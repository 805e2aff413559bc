// A program that knows the API by its generated types alone; `tsc` refuses it where the document says something else.
// Run against a live server by types_test.py.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, operations, paths } from "api";

type Customer = components["schemas"]["crm.customer"];
type NewCustomer = components["schemas"]["crm.customer.new"];

const client = createClient<paths>({
  baseUrl: process.env["TENON_URL"] ?? "",
  headers: { Authorization: `Bearer ${process.env["TENON_TOKEN"] ?? ""}` },
});

const isCustomer = (row: unknown): row is Customer => typeof row === "object" && row !== null && "version" in row;

async function walk(): Promise<void> {
  const wanted: NewCustomer = { name: `客户 ${process.pid}`, level: "A", credit_limit: "12.50" };
  const made = await client.POST("/api/v1/crm/customer", {
    params: { header: { Prefer: "return=representation" } },
    body: wanted,
  });
  assert.equal(made.response.status, 201);
  const row: unknown = Array.isArray(made.data) ? made.data[0] : made.data;
  assert.ok(isCustomer(row));
  assert.equal(row.credit_limit, "12.50");

  const path = { id: row.id };
  const changed = await client.PATCH("/api/v1/crm/customer/{id}", {
    params: { path, header: { "If-Match": `"${row.version}"`, Prefer: "return=representation" } },
    body: { city: "上海" },
  });
  assert.equal(changed.response.status, 200);

  const stale = await client.PATCH("/api/v1/crm/customer/{id}", {
    params: { path, header: { "If-Match": `"${row.version}"` } },
    body: { city: "北京" },
  });
  assert.equal(stale.response.status, 412);
  assert.equal(stale.error?.reason, "data.version");

  const list = await client.GET("/api/v1/crm/customer", {
    params: { query: { city: "eq.上海", order: "name.asc", limit: 5 } },
  });
  assert.ok(Array.isArray(list.data) && list.data.some((one) => isCustomer(one) && one.id === row.id));

  const gone = await client.DELETE("/api/v1/crm/customer/{id}", { params: { path } });
  assert.equal(gone.response.status, 204);

  const me = await client.GET("/api/v1/session");
  const administrator: boolean = me.data?.user.administrator ?? false;
  assert.equal(administrator, true);
}

// What the document does not allow does not compile.
// @ts-expect-error there is no such level
const wrongLevel: NewCustomer = { name: "x", level: "Z" };
// @ts-expect-error the name is required
const nameless: NewCustomer = {};
// @ts-expect-error there is no such operation
type Unknown = operations["no_such_operation"];
void wrongLevel;
void nameless;
export type { Unknown };

await walk();
console.log("done");
