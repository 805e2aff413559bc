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

SERVICES = CASES[_first:]
del CASES[_first:]


def plant(company: Company) -> None:
    """What these modules keep of a company, marked; whatever is not there answers 404."""
    company.boss.request("PATCH", "/api/v1/settings/company", {"values": {"name": company.mark()}})
    made = company.boss.request("POST", "/api/v1/exports", {"entity": "crm.customer"})
    if made.status == 202:
        company.things["export"] = made.json()["id"]


def of_program(routes: list[dict]) -> list[Case]:
    """The lines of those modules that are there: by the first word of their addresses."""
    there = {word_of(one["pattern"]) for one in routes}
    return [one for one in SERVICES if word_of(one.pattern) in there]


def word_of(pattern: str) -> str:
    return pattern.removeprefix("/api/v1/").split("/")[0]
