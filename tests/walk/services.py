"""The lines of the program's own modules. A module that is not part of this program has none; of one that is, every line
must fit."""
from table import ADMIN, ANYBODY, CASES, SELLERS, TENANT, Case, case
from world import Company, Person

_first = len(CASES)


def an_export(company: Company, _: Person) -> dict:
    return {"export": company.post("/api/v1/exports", {"entity": "crm.customer"})["id"]}


# What it says depends on who asks; a stranger sees what strangers may do.
case("GET", "/api/v1/openapi.json", ANYBODY)

case("GET", "/api/v1/jobs", ADMIN)
for method, tail in (("GET", ""), ("GET", "/runs"), ("POST", "/run"), ("POST", "/pause"), ("POST", "/resume")):
    case(method, "/api/v1/jobs/{id}" + tail, ADMIN, ok=(404,), path={"id": "no.job"}, body={} if method == "POST" else None)

case("GET", "/api/v1/settings", ADMIN)
case("GET", "/api/v1/settings/{owner}", ADMIN, path={"owner": "company"})
case("PATCH", "/api/v1/settings/{owner}", ADMIN, path={"owner": "company"}, body={"values": {}})

case("GET", "/api/v1/numbering", ADMIN)
case("PATCH", "/api/v1/numbering/{sequence}", ADMIN, ok=(404,), path={"sequence": "no.sequence"}, body={"next": 5})

case("POST", "/api/v1/exports", SELLERS, ok=(202,), body={"entity": "crm.customer"})
case("GET", "/api/v1/exports", TENANT)
case("GET", "/api/v1/exports/{id}", ADMIN, path={"id": "@export"})
case("GET", "/api/v1/exports/{id}/content", ADMIN, path={"id": "@export"}, ok=(200, 409))
case("POST", "/api/v1/exports/{id}/cancel", ADMIN, path={"id": "@export"}, ok=(200, 202, 204, 409), fresh=an_export, body={})
case("DELETE", "/api/v1/exports/{id}", ADMIN, path={"id": "@export"}, ok=(204, 409), fresh=an_export)

CSV = {"Content-Type": "text/csv"}


def an_import(company: Company, _: Person) -> dict:
    answer = company.boss.request("POST", "/api/v1/imports?entity=crm.customer", b"name\nimported\n", CSV)
    assert answer.status in (201, 202), answer
    return {"import": answer.json()["id"]}


IMPORT = {"id": "@import"}
case("POST", "/api/v1/imports", SELLERS, ok=(201, 202, 429), query="entity=crm.customer", body=b"name\nx\n", headers=CSV)
case("GET", "/api/v1/imports", TENANT)
case("GET", "/api/v1/imports/{id}", ADMIN, path=IMPORT)
case("POST", "/api/v1/imports/{id}/start", ADMIN, path=IMPORT, ok=(200, 202, 409, 422), body={})
case("GET", "/api/v1/imports/{id}/errors", ADMIN, path=IMPORT, ok=(200, 404, 409))
case("POST", "/api/v1/imports/{id}/cancel", ADMIN, path=IMPORT, ok=(200, 202, 204, 409), body={})
case("DELETE", "/api/v1/imports/{id}", ADMIN, path=IMPORT, ok=(204, 409), fresh=an_import)
CUSTOMER = {"plugin": "crm", "entity": "customer", "id": "@customer"}
case("GET", "/api/v1/{plugin}/{entity}/{id}/print", ADMIN, path=CUSTOMER)
case("GET", "/api/v1/{plugin}/{entity}/{id}/print/{template}", ADMIN, ok=(404,), path=CUSTOMER | {"template": "nothing"})


def a_comment(company: Company, _: Person) -> dict:
    return {"comment": company.post("/api/v1/comments", {"record": f"crm.customer/{company.things['customer']}",
                                                         "text": company.mark()})["id"]}


case("GET", "/api/v1/comments", ADMIN, query="record=crm.customer/@customer")
case("POST", "/api/v1/comments", ADMIN, ok=(201,), body={"record": "crm.customer/@customer", "text": "x"})
case("PATCH", "/api/v1/comments/{id}", ADMIN, path={"id": "@comment"}, body={"text": "y"}, fresh=a_comment)
case("DELETE", "/api/v1/comments/{id}", ADMIN, ok=(204,), path={"id": "@comment"}, fresh=a_comment)
case("GET", "/api/v1/notifications", TENANT)
case("POST", "/api/v1/notifications/read", TENANT)
case("POST", "/api/v1/notifications/{id}/read", TENANT, ok=(404,), path={"id": "@note"})
case("DELETE", "/api/v1/notifications/{id}", TENANT, ok=(404,), path={"id": "@note"})
case("GET", "/api/v1/notifications/preferences", TENANT)
case("PATCH", "/api/v1/notifications/preferences", TENANT, ok=(200, 204), body={})


def a_webhook(company: Company, _: Person) -> dict:
    return {"webhook": company.post("/api/v1/webhooks", hook(company.mark()))["id"]}


def hook(name: str) -> dict:
    return {"name": name, "url": f"https://{name.lower()}.example.com/", "events": ["crm.nothing"]}


HOOK = {"id": "@webhook"}
DELIVERY = HOOK | {"delivery": "@note"}
case("GET", "/api/v1/webhooks", ADMIN)
case("POST", "/api/v1/webhooks", ADMIN, ok=(201,), body=hook("new"))
case("GET", "/api/v1/webhooks/{id}", ADMIN, path=HOOK)
case("PATCH", "/api/v1/webhooks/{id}", ADMIN, path=HOOK, body={"name": "changed"}, fresh=a_webhook)
case("DELETE", "/api/v1/webhooks/{id}", ADMIN, ok=(204,), path=HOOK, fresh=a_webhook)
case("POST", "/api/v1/webhooks/{id}/secret", ADMIN, path=HOOK, fresh=a_webhook)
case("POST", "/api/v1/webhooks/{id}/test", ADMIN, ok=(202,), path=HOOK, fresh=a_webhook)
case("GET", "/api/v1/webhooks/{id}/deliveries", ADMIN, path=HOOK)
case("GET", "/api/v1/webhooks/{id}/deliveries/{delivery}", ADMIN, ok=(404,), path=DELIVERY)
case("POST", "/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver", ADMIN, ok=(404,), path=DELIVERY)
case("GET", "/api/v1/{plugin}/{entity}/{id}/transitions", ADMIN, ok=(200, 404, 422), path=CUSTOMER)
case("POST", "/api/v1/{plugin}/{entity}/{id}/transitions/{step}", ADMIN, ok=(404, 409, 422), body={},
     path=CUSTOMER | {"step": "nothing"})
case("GET", "/api/v1/approvals", TENANT)
case("GET", "/api/v1/approvals/{id}", TENANT, ok=(404,), path={"id": "@note"})
for verb in ("approve", "reject", "withdraw"):
    case("POST", "/api/v1/approvals/{id}/" + verb, TENANT, ok=(404,), path={"id": "@note"},
         body={"reason": "x"} if verb == "reject" else {})
case("GET", "/api/v1/{plugin}/{entity}/{id}/approvals", ADMIN, ok=(200, 404, 422), path=CUSTOMER)

SERVICES = CASES[_first:]
del CASES[_first:]


def plant(company: Company) -> None:
    """What these modules keep of a company, marked; whatever is not there answers 404."""
    company.boss.request("PATCH", "/api/v1/settings/company", {"values": {"name": company.mark()}})
    made = company.boss.request("POST", "/api/v1/exports", {"entity": "crm.customer"})
    if made.status == 202:
        company.things["export"] = made.json()["id"]
    text = ("name\n" + company.mark() + "\n").encode()
    made = company.boss.request("POST", "/api/v1/imports?entity=crm.customer", text, CSV)
    if made.status in (201, 202):
        company.things["import"] = made.json()["id"]
    made = company.boss.request("POST", "/api/v1/webhooks", hook(company.mark()))
    if made.status == 201:
        company.things["webhook"] = made.json()["id"]
    if company.boss.request("GET", "/api/v1/comments?record=crm.customer/" + company.things["customer"]).status == 200:
        company.things |= a_comment(company, company.people["admin"])


def of_program(routes: list[dict]) -> list[Case]:
    """The lines of those modules that are there: by the first word of their addresses, or the last where they hang on
    records."""
    there = {word_of(one["pattern"]) for one in routes}
    return [one for one in SERVICES if word_of(one.pattern) in there]


def word_of(pattern: str) -> str:
    words = pattern.removeprefix("/api/v1/").split("/")
    return next((word for word in words if not word.startswith("{")), "")
