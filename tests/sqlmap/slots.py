"""Where a client's words may come near a database. `*` marks the place in a target, a header or a body."""
import dataclasses
import json

CUSTOMER = "/api/v1/crm/customer"


@dataclasses.dataclass
class Slot:
    name: str
    target: str
    method: str = "GET"
    body: str = ""
    headers: tuple = ()
    signed_in: bool = True
    deep: bool = False  # only in the long run


def json_slot(name: str, target: str, body, method: str = "POST", **more) -> Slot:
    return Slot(name, target, method, json.dumps(body, ensure_ascii=False), **more)


def slots(row: str, cursor: str) -> list[Slot]:
    """For a record that is there, and a cursor that the server gave."""
    return [
        # Reading: each part of a question.
        Slot("filter.eq", CUSTOMER + "?city=eq.%E4%B8%8A%E6%B5%B7*&limit=3"),
        Slot("filter.in", CUSTOMER + "?city=in.(%E4%B8%8A%E6%B5%B7*)&limit=3"),
        Slot("filter.like", CUSTOMER + "?name=ilike.%25a*&limit=3"),
        Slot("filter.contains", CUSTOMER + "?name=contains.a*&limit=3"),
        Slot("filter.number", CUSTOMER + "?credit_limit=gt.1*&limit=3"),
        Slot("filter.id", CUSTOMER + f"?id=eq.{row}*"),
        Slot("filter.operator", CUSTOMER + "?city=eq*.x", deep=True),
        Slot("filter.column", CUSTOMER + "?city*=eq.x"),
        Slot("filter.or", CUSTOMER + "?or=(city.eq.%E4%B8%8A%E6%B5%B7*,level.eq.A)&limit=3"),
        Slot("filter.related", "/api/v1/crm/activity?customer.name=eq.a*&limit=3", deep=True),
        Slot("search.fts", CUSTOMER + "?fts=%E8%B4%B8%E6%98%93*&limit=3"),
        Slot("search.words", CUSTOMER + "?name=wfts.%E8%B4%B8%E6%98%93*&limit=3"),
        Slot("select", CUSTOMER + "?select=id,name*&limit=3"),
        Slot("select.alias", CUSTOMER + "?select=n*:name&limit=3"),
        Slot("select.aggregate", CUSTOMER + "?select=city,credit_limit.sum()*&limit=3"),
        Slot("order", CUSTOMER + "?order=name.asc*&limit=3"),
        Slot("limit", CUSTOMER + "?limit=3*"),
        Slot("offset", CUSTOMER + "?offset=1*&limit=3"),
        Slot("cursor", CUSTOMER + f"?order=name.asc&limit=3&after={cursor}*"),
        Slot("as_of", CUSTOMER + f"/{row}?as_of=2030-01-01T00:00:00Z*", deep=True),
        Slot("picker", CUSTOMER + "/picker?q=a*"),
        Slot("path.id", CUSTOMER + f"/{row}*"),
        Slot("path.entity", "/api/v1/crm/customer*?limit=3"),
        Slot("path.plugin", "/api/v1/crm*/customer?limit=3", deep=True),
        Slot("history", CUSTOMER + f"/{row}*/history", deep=True),
        Slot("trash", "/api/v1/trash/crm/customer?city=eq.a*", deep=True),
        Slot("header.range", CUSTOMER, headers=("Range: 0-2*",), deep=True),
        Slot("header.prefer", CUSTOMER + "?limit=3", headers=("Prefer: count=exact*",), deep=True),
        Slot("header.token", CUSTOMER + "?limit=3", headers=("Authorization: Bearer abc*",), signed_in=False),
        Slot("header.cookie", CUSTOMER + "?limit=3", headers=("Cookie: tenon-sid=demo.abc*",), signed_in=False),
        Slot("header.trace", CUSTOMER + "?limit=3", headers=("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01*",),
             deep=True),
        Slot("audit", "/api/v1/audit?action=created*&limit=3"),
        Slot("audit.entity", "/api/v1/audit?entity=crm.customer*&limit=3", deep=True),
        Slot("users", "/api/v1/users?q=demo*"),
        Slot("users.after", "/api/v1/users?after=demo*", deep=True),
        Slot("views", "/api/v1/views?entity=crm.customer*"),
        Slot("explain", "/api/v1/permissions/explain?entity=crm.customer*"),
        Slot("dead", "/api/v1/events/dead?type=crm.customer.created*"),
        Slot("providers", "/api/v1/session/providers?company=demo*", signed_in=False),
        Slot("route", "/x/crm/summary?city=a*", deep=True),
        # Writing: values, names of members, conditions.
        json_slot("rpc", "/api/v1/crm/rpc/set_level", {"ids": [row + "*"], "level": "A"}),
        json_slot("insert.value", CUSTOMER, {"name": "a*"}, headers=("Prefer: tx=rollback",)),
        json_slot("insert.unique", CUSTOMER, {"name": "a", "code": "A1*"}, headers=("Prefer: tx=rollback",), deep=True),
        json_slot("insert.member", CUSTOMER, {"name": "a", "city*": "b"}, headers=("Prefer: tx=rollback",)),
        json_slot("insert.columns", CUSTOMER + "?columns=name*", {"name": "a"}, headers=("Prefer: tx=rollback",)),
        json_slot("upsert.conflict", CUSTOMER + "?on_conflict=code*", {"name": "a", "code": "A1"},
                  headers=("Prefer: tx=rollback,resolution=merge-duplicates",)),
        json_slot("update.filter", CUSTOMER + "?city=eq.nowhere*", {"notes": "x"}, "PATCH", headers=("Prefer: tx=rollback",)),
        json_slot("update.value", CUSTOMER + f"/{row}", {"notes": "x*"}, "PATCH", headers=("Prefer: tx=rollback",)),
        Slot("delete.filter", CUSTOMER + "?city=eq.nowhere*", "DELETE", headers=("Prefer: tx=rollback",)),
        json_slot("batch", "/api/v1/$batch", [{"op": "update", "entity": "crm.customer", "id": row, "fields": {"city": "x*"}}]),
        json_slot("batch.entity", "/api/v1/$batch", [{"op": "update", "entity": "crm.customer*", "id": row, "fields": {}}], deep=True),
        json_slot("once", CUSTOMER, {"name": "once"}, headers=("Idempotency-Key: key-1*",), deep=True),
        json_slot("preferences", "/api/v1/preferences", {"theme": "x*"}, "PATCH"),
        json_slot("preferences.name", "/api/v1/preferences", {"theme*": "x"}, "PATCH", deep=True),
        json_slot("view", "/api/v1/views", {"entity": "crm.customer*", "name": "v"}, deep=True),
        json_slot("sign_in.company", "/api/v1/session", {"company": "demo*", "user": "demo", "password": "x"}, signed_in=False),
        json_slot("sign_in.user", "/api/v1/session", {"company": "demo", "user": "demo*", "password": "x"}, signed_in=False, deep=True),
        json_slot("ticket", "/api/v1/session/ticket", {"token": "demo.abc*"}, signed_in=False, deep=True),
    ]
