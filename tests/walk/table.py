"""Who may use which endpoint, and how it is asked so that it would work for them. `@name` stands for the id of that thing
of a company (world.py)."""
import dataclasses
import re
import time
from collections.abc import Callable

from one_time_code import one_time_code
from tenon_server import FORM, GUESTS, PASSWORD, package_form
from world import ROLES, Company, Person

ANYBODY = frozenset(ROLES)
TENANT = ANYBODY - {"anonymous", "operator"}  # signed in, by a session or by a token
PEOPLE = TENANT - {"token"}                   # by a session
ADMIN = frozenset({"admin"})
OPERATOR = frozenset({"operator"})
# Those who list and change customers, each the own ones, those of the department, or all.
SELLERS = frozenset({"admin", "clerk", "manager"})
REPRESENTATION = {"Prefer": "return=representation"}


@dataclasses.dataclass
class Case:
    """`who` may, and then the status is one of `ok`. `blind` may ask too, but what is asked about is not theirs: nothing may
    change and nothing may be told. `fresh(company, person)` makes what the request uses up. `told` may read the company's
    own marker in the answer. `in_person`: a new user with the same rights asks, because the session does not survive it."""
    method: str
    pattern: str
    who: frozenset
    ok: tuple = (200,)
    path: dict = dataclasses.field(default_factory=dict)
    query: str = ""
    body: object = None
    headers: dict = dataclasses.field(default_factory=dict)
    fresh: Callable[[Company, Person], dict] | None = None
    blind: frozenset = frozenset()
    told: frozenset = ADMIN
    in_person: bool = False
    streams: bool = False
    foreign: bool = True  # whether another company's things can be asked for with it
    free_name: bool = False  # what it names may be called the same in another company

    def names(self) -> set:
        """The things it speaks of."""
        return set(re.findall(r"@(\w+)", repr((self.path, self.query, self.body))))

    def request(self, things: dict) -> tuple:
        """Method, target and body with these things in their places."""
        def put(value):
            if isinstance(value, str):
                return re.sub(r"@(\w+)", lambda found: things[found.group(1)], value)
            if isinstance(value, dict):
                return {key: put(one) for key, one in value.items()}
            if isinstance(value, list):
                return [put(one) for one in value]
            return value(things) if callable(value) else value
        target = re.sub(r"\{(\w+)\*?\}", lambda found: put(self.path[found.group(1)]), self.pattern)
        return self.method, target + ("?" + put(self.query) if self.query else ""), put(self.body)


USUAL = {name: "@" + name for name in ("user", "role", "department", "provider", "token", "tenant", "plugin")}
CASES: list[Case] = []


def case(method: str, pattern: str, who: frozenset, **more) -> None:
    path = {name: USUAL[name] for name in re.findall(r"\{(\w+)\*?\}", pattern) if name in USUAL}
    CASES.append(Case(method, pattern, who, path=path | more.pop("path", {}), **more))


def a_user(company: Company, _) -> dict:
    return {"user": company.user([])["id"]}


def a_customer(company: Company, _) -> dict:
    return {"customer": company.customer()}


def a_customer_of_theirs(company: Company, person: Person) -> dict:
    kind = next((kind for kind, one in company.people.items() if one is person), "admin")
    return {"customer": company.customer(kind)}


def a_plugin(company: Company, _) -> dict:
    """The company's own plugin, installed and enabled."""
    company.install(company.own_manifest(), "supplier")
    return {}


def an_uninstalled_plugin(company: Company, _) -> dict:
    a_plugin(company, _)
    done = company.boss.request("POST", f"/api/v1/plugins/{company.things['plugin']}/uninstall")
    assert done.status == 204, done
    return {}


def no_plugin(company: Company, _) -> dict:
    an_uninstalled_plugin(company, _)
    done = company.boss.request("POST", f"/api/v1/plugins/{company.things['plugin']}/purge")
    assert done.status == 204, done
    return {}


def with_a_totp_begun(_, person: Person) -> dict:
    answer = person.ask("POST", "/api/v1/session/totp", {"password": PASSWORD})
    return {"code": one_time_code(answer.json()["secret"])} if answer.status == 200 else {"code": "000000"}


def with_a_totp(company: Company, person: Person) -> dict:
    answer = person.ask("POST", "/api/v1/session/totp", {"password": PASSWORD})
    if answer.status != 200:
        return {"code": "000000"}
    secret = answer.json()["secret"]
    done = person.ask("PUT", "/api/v1/session/totp", {"code": one_time_code(secret)})
    assert done.status == 200, done
    person.cookie = done.headers["set-cookie"].split(";")[0]
    return {"code": one_time_code(secret, time.time() + 30)}


# -- open to all, and the ways in ------------------------------------------------------------------------------

case("GET", "/healthz", ANYBODY)
case("GET", "/readyz", ANYBODY)
case("GET", "/metrics", ANYBODY)  # from this machine, as long as no token is set
case("GET", "/{path*}", ANYBODY, path={"path": ""})
case("GET", "/api/{rest*}", ANYBODY, path={"rest": "nothing"}, ok=(404,))
for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    case(method, "/x/{rest*}", TENANT, path={"rest": "nothing/here"}, ok=(404,))
case("GET", "/api/v1/setup", ANYBODY)
case("POST", "/api/v1/setup", ANYBODY, ok=(403, 429),  # it was set up, and who tries often is told to wait
     body={"token": "x", "company": "gamma", "user": "root", "password": PASSWORD})
case("POST", "/api/v1/session", ANYBODY, in_person=True,
     body={"company": "@tenant", "user": "anna", "password": PASSWORD}, foreign=False)
case("GET", "/api/v1/session", TENANT)
case("PATCH", "/api/v1/session", PEOPLE, ok=(204,), in_person=True, body={"locale": "en"})
case("DELETE", "/api/v1/session", ANYBODY, ok=(204,), in_person=True)
case("POST", "/api/v1/session/ticket", ANYBODY, body={"token": "@ticket"}, told=ANYBODY, foreign=False)
case("PUT", "/api/v1/session/ticket", ANYBODY, body={"token": "@ticket", "password": PASSWORD}, told=ANYBODY, foreign=False,
     fresh=lambda company, _: {"ticket": company.post(f"/api/v1/users/{company.user([])['id']}/link", {})["token"]})
case("GET", "/api/v1/session/providers", ANYBODY, query="company=@tenant", foreign=False)
case("GET", "/api/v1/session/oidc/callback", ANYBODY, ok=(302,))
case("GET", "/api/v1/session/oidc/begin/{provider}", ANYBODY, query="company=@tenant", ok=(503,), foreign=False)
case("GET", "/api/v1/sessions", PEOPLE)
case("DELETE", "/api/v1/sessions", PEOPLE, in_person=True)
case("DELETE", "/api/v1/sessions/{id}", ADMIN, ok=(204,), path={"id": "@session"},
     fresh=lambda company, person: {"session": another_session(company)})
case("POST", "/api/v1/session/password", PEOPLE, ok=(204,), in_person=True,
     body={"password": PASSWORD, "new_password": "an even longer password"})
case("POST", "/api/v1/session/totp", PEOPLE, in_person=True, body={"password": PASSWORD})
case("PUT", "/api/v1/session/totp", PEOPLE, in_person=True, body={"code": "@code"}, fresh=with_a_totp_begun, foreign=False)
case("POST", "/api/v1/session/totp/remove", PEOPLE, ok=(204,), in_person=True, body={"password": PASSWORD, "code": "@code"},
     fresh=with_a_totp, foreign=False)
case("POST", "/api/v1/session/view-as", ADMIN, ok=(204,), in_person=True, body={"user": "@user"})
case("DELETE", "/api/v1/session/view-as", PEOPLE, ok=(204,))
case("GET", "/api/v1/tokens", PEOPLE)
case("POST", "/api/v1/tokens", PEOPLE, ok=(201,), body={"name": "mine", "scopes": []})
case("DELETE", "/api/v1/tokens/{token}", ADMIN, ok=(204,),
     fresh=lambda company, _: {"token": company.post("/api/v1/tokens", {"name": company.mark(), "scopes": []})["id"]})


def another_session(company: Company) -> str:
    company.enter("anna").close()
    return next(one["id"] for one in company.boss.request("GET", "/api/v1/sessions").json() if not one["current"])


# -- people ----------------------------------------------------------------------------------------------------

case("GET", "/api/v1/users", ADMIN)
case("POST", "/api/v1/users", ADMIN, ok=(201,),
     body=lambda things: {"name": f"new-{things['serial']}", "roles": [], "password": PASSWORD}, fresh=lambda company, _: {
         "serial": company.mark().lower()})
case("GET", "/api/v1/users/{user}", ADMIN)
case("PATCH", "/api/v1/users/{user}", ADMIN, body={"full_name": "changed"}, fresh=a_user)
case("PUT", "/api/v1/users/{user}/roles", ADMIN, body={"roles": ["@role"]}, fresh=a_user)
case("POST", "/api/v1/users/{user}/deactivate", ADMIN, body={}, fresh=a_user)
case("POST", "/api/v1/users/{user}/reactivate", ADMIN, body={}, fresh=a_user)
case("POST", "/api/v1/users/{user}/link", ADMIN, ok=(201,), body={}, fresh=a_user)
case("DELETE", "/api/v1/users/{user}/totp", ADMIN, ok=(204,), fresh=a_user)
case("DELETE", "/api/v1/users/{user}/sessions", ADMIN, fresh=a_user)
case("GET", "/api/v1/roles", ADMIN)
case("POST", "/api/v1/roles", ADMIN, ok=(201,), body=lambda things: {"name": "role " + things["serial"]},
     fresh=lambda company, _: {"serial": company.mark()})
case("GET", "/api/v1/roles/{role}", ADMIN)
case("PATCH", "/api/v1/roles/{role}", ADMIN, body={"description": "changed"},
     fresh=lambda company, _: {"role": company.role()})
case("DELETE", "/api/v1/roles/{role}", ADMIN, ok=(204,), fresh=lambda company, _: {"role": company.role()})
case("GET", "/api/v1/permissions", ADMIN)
case("GET", "/api/v1/permissions/explain", TENANT, query="entity=crm.customer")
case("GET", "/api/v1/permissions/explain", ADMIN, query="entity=crm.customer&user=@user")
# The tree of the company is no secret to those who work in it.
case("GET", "/api/v1/departments", TENANT, told=TENANT)
case("GET", "/api/v1/departments/{department}", TENANT, told=TENANT)


def a_department(company: Company, _) -> dict:
    return {"department": company.post("/api/v1/departments", {"name": company.mark()})["id"]}


case("POST", "/api/v1/departments", ADMIN, ok=(201,), body=lambda things: {"name": "department " + things["serial"]},
     fresh=lambda company, _: {"serial": company.mark()})
case("PATCH", "/api/v1/departments/{department}", ADMIN, body=lambda things: {"name": "changed " + things["department"]},
     fresh=a_department)
case("DELETE", "/api/v1/departments/{department}", ADMIN, ok=(204,), fresh=a_department)
case("GET", "/api/v1/providers", ADMIN)
case("PUT", "/api/v1/providers/{provider}", ADMIN, free_name=True, body={"name": "door", "issuer": "https://id.example", "client_id": "x"},
     fresh=lambda company, _: {"provider": company.provider()})
case("DELETE", "/api/v1/providers/{provider}", ADMIN, ok=(204,), free_name=True, fresh=lambda company, _: {"provider": company.provider()})

# -- the operator ----------------------------------------------------------------------------------------------

case("GET", "/api/v1/tenants", OPERATOR)
case("POST", "/api/v1/tenants", OPERATOR, ok=(201,), body={"name": "gamma", "administrator": "root"})
case("GET", "/api/v1/tenants/{tenant}", OPERATOR)
case("PATCH", "/api/v1/tenants/{tenant}", OPERATOR, body={"plan": {"limits": {"users": 5000}}})
case("POST", "/api/v1/tenants/{tenant}/link", OPERATOR, ok=(201,), body={"user": "anna"}, told=OPERATOR)

# -- modules ---------------------------------------------------------------------------------------------------

case("GET", "/api/v1/menu", TENANT)
case("GET", "/api/v1/openapi.json", ANYBODY, told=TENANT)  # to each what he may use
case("GET", "/api/v1/schema/{plugin}", TENANT, fresh=a_plugin)
case("GET", "/api/v1/modules", ADMIN)
case("GET", "/api/v1/plugins", ADMIN)
case("POST", "/api/v1/plugins", ADMIN, ok=(201,), foreign=False, headers={"Content-Type": FORM},
     body=lambda things: package_form(things["manifest"].encode(), (GUESTS / "supplier.wasm").read_bytes()),
     fresh=lambda company, person: no_plugin(company, person) | {"manifest": company.own_manifest()})
case("GET", "/api/v1/plugins/{plugin}", ADMIN, fresh=a_plugin)
case("GET", "/api/v1/plugins/{plugin}/calls", ADMIN)
case("POST", "/api/v1/plugins/{plugin}/calls", ADMIN, path={"plugin": "probe"}, body={"export": "init"})
case("POST", "/api/v1/plugins/{plugin}/disable", ADMIN, ok=(204,), fresh=a_plugin)
case("POST", "/api/v1/plugins/{plugin}/enable", ADMIN, ok=(204,), fresh=a_plugin)
case("POST", "/api/v1/plugins/{plugin}/uninstall", ADMIN, ok=(204,), fresh=a_plugin)
case("POST", "/api/v1/plugins/{plugin}/purge", ADMIN, ok=(204,), fresh=an_uninstalled_plugin)
case("GET", "/api/v1/events", TENANT, streams=True)
case("GET", "/api/v1/events/dead", ADMIN)
case("POST", "/api/v1/events/dead/{id}/replay", ADMIN, ok=(204,), path={"id": "@letter"},
     fresh=lambda company, _: {"letter": company.things["letter_to_replay"]})

# -- routes of plugins: the edge lists all five methods of each shape, the plugin has some --------------------------

PLUGIN_ROUTES = {
    "/x/crm/summary": {"GET": SELLERS},
    "/x/probe/hello": {"GET": TENANT},
    "/x/probe/notes/{p3}": {"GET": ADMIN, "POST": ADMIN},
}
for pattern, methods in PLUGIN_ROUTES.items():
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        who = methods.get(method, TENANT)
        ok = ((201,) if method == "POST" else (200,)) if method in methods else (405,)
        case(method, pattern, who, ok=ok, path={"p3": "walked"}, foreign=False)

# -- records ---------------------------------------------------------------------------------------------------

ROWS = "/api/v1/{plugin}/{entity}"
ROW = ROWS + "/{id}"
CUSTOMERS = {"plugin": "crm", "entity": "customer"}
CUSTOMER = CUSTOMERS | {"id": "@customer"}
case("GET", ROWS, SELLERS, path=CUSTOMERS)
case("GET", ROWS, TENANT & {"admin", "token"}, path={"plugin": "shop", "entity": "category"})
case("GET", ROWS, ADMIN, path={"plugin": "shop", "entity": "item"}, query="select=*,reviews(*),category(*)", ok=(200, 422))
case("GET", ROWS + "/picker", SELLERS, path=CUSTOMERS)
case("GET", ROW, ADMIN, path=CUSTOMER)
for kind in ("clerk", "manager"):
    case("GET", ROW, frozenset({"admin", kind}), path=CUSTOMERS | {"id": f"@customer_of_{kind}"}, told=frozenset({"admin", kind}))
case("GET", ROW + "/history", ADMIN, path=CUSTOMER)  # it tells of all records whole, so it is for who sees all
case("POST", ROWS, SELLERS, ok=(201,), path=CUSTOMERS, body={"name": "new"})
case("POST", ROWS, ADMIN, ok=(201,), path={"plugin": "crm", "entity": "activity"},
     body={"customer": "@customer", "summary": "new"})
case("PATCH", ROWS, ADMIN, ok=(204,), path=CUSTOMERS, query="id=eq.@customer", body={"city": "x"}, fresh=a_customer,
     blind=frozenset({"clerk", "manager"}))
case("PATCH", ROWS, SELLERS, ok=(204,), path=CUSTOMERS, query="id=eq.@customer", body={"city": "x"}, fresh=a_customer_of_theirs)
case("DELETE", ROWS, ADMIN, ok=(204,), path=CUSTOMERS, query="id=eq.@customer", fresh=a_customer,
     blind=frozenset({"clerk", "manager"}))
case("PATCH", ROW, ADMIN, ok=(204,), path=CUSTOMER, body={"city": "x"}, fresh=a_customer)
case("PATCH", ROW, SELLERS, ok=(204,), path=CUSTOMER, body={"city": "x"}, fresh=a_customer_of_theirs)
case("DELETE", ROW, ADMIN, ok=(204,), path=CUSTOMER, fresh=a_customer)
case("POST", ROW + "/restore", ADMIN, path=CUSTOMERS | {"id": "@trashed"},
     fresh=lambda company, _: {"trashed": company.trashed()})
case("POST", "/api/v1/{plugin}/rpc/{action}", ADMIN, path={"plugin": "crm", "action": "set_level"},
     body={"ids": ["@customer"], "level": "A"}, fresh=a_customer, blind=frozenset({"clerk", "manager"}))
case("GET", "/api/v1/{plugin}/rpc/{action}", SELLERS, ok=(404, 405, 422), path={"plugin": "crm", "action": "set_level"},
     query='ids=["@customer"]&level=A')
case("POST", "/api/v1/$batch", ADMIN, body=[
    {"op": "update", "entity": "crm.customer", "id": "@customer", "fields": {"city": "x"}}], fresh=a_customer)
case("GET", "/api/v1/trash", TENANT)
case("GET", "/api/v1/trash/{plugin}/{entity}", SELLERS, path=CUSTOMERS)
case("POST", "/api/v1/trash/{plugin}/{entity}/{id}/restore", ADMIN, path=CUSTOMERS | {"id": "@trashed"},
     fresh=lambda company, _: {"trashed": company.trashed()})
case("DELETE", "/api/v1/trash/{plugin}/{entity}/{id}", ADMIN, ok=(204,), path=CUSTOMERS | {"id": "@trashed"},
     fresh=lambda company, _: {"trashed": company.trashed()})
FILE = {"plugin": "shop", "entity": "item", "id": "@item", "field": "photo"}
case("POST", "/api/v1/files", TENANT, ok=(201,), body=b"content", headers={"Content-Type": "text/plain"})
case("GET", "/api/v1/files/{plugin}/{entity}/{id}/{field}", ADMIN, path=FILE)
case("GET", "/api/v1/files/{plugin}/{entity}/{id}/{field}/info", ADMIN, path=FILE)
# A token is its owner, who kept these preferences.
case("GET", "/api/v1/preferences", TENANT, told=frozenset({"admin", "token"}))
case("PATCH", "/api/v1/preferences", TENANT, body={"width": 7}, told=frozenset({"admin", "token"}))
VIEW = {"id": "@view"}
case("GET", "/api/v1/views", TENANT)
case("POST", "/api/v1/views", SELLERS, ok=(201,), body={"entity": "crm.customer", "name": "mine"})
case("GET", "/api/v1/views/{id}", ADMIN, path=VIEW)
case("PATCH", "/api/v1/views/{id}", ADMIN, path=VIEW, body={"name": "changed"},
     fresh=lambda company, _: {"view": company.view()})
case("DELETE", "/api/v1/views/{id}", ADMIN, ok=(204,), path=VIEW, fresh=lambda company, _: {"view": company.view()})

# What would begin a job is asked wrongly, behind the question who may: jobs change things beside the walk.
EXPORT, IMPORT = {"id": "@export"}, {"id": "@import"}
case("POST", "/api/v1/exports", SELLERS, ok=(422,), body={"entity": "crm.customer", "query": "select=nothing"})
case("GET", "/api/v1/exports", TENANT)
case("GET", "/api/v1/exports/{id}", ADMIN, path=EXPORT, fresh=lambda company, _: {"export": company.export()})
case("GET", "/api/v1/exports/{id}/content", ADMIN, path=EXPORT, fresh=lambda company, _: {"export": company.export()})
case("POST", "/api/v1/exports/{id}/cancel", ADMIN, path=EXPORT, fresh=lambda company, _: {"export": company.export()})
case("DELETE", "/api/v1/exports/{id}", ADMIN, ok=(204,), path=EXPORT, fresh=lambda company, _: {"export": company.export()})
case("POST", "/api/v1/imports", SELLERS, ok=(201,), query="entity=crm.customer", body=b"name\nwalked\n",
     headers={"Content-Type": "text/csv"})
case("GET", "/api/v1/imports", TENANT)
case("GET", "/api/v1/imports/{id}", ADMIN, path=IMPORT, fresh=lambda company, _: {"import": company.sent()})
case("GET", "/api/v1/imports/{id}/errors", ADMIN, path=IMPORT, fresh=lambda company, _: {"import": company.sent()})
case("POST", "/api/v1/imports/{id}/start", ADMIN, ok=(400,), path=IMPORT, fresh=lambda company, _: {"import": company.sent()}, body={"key": ["nothing"]})
case("POST", "/api/v1/imports/{id}/cancel", ADMIN, path=IMPORT, fresh=lambda company, _: {"import": company.sent()})
case("DELETE", "/api/v1/imports/{id}", ADMIN, ok=(204,), path=IMPORT, fresh=lambda company, _: {"import": company.sent()})
case("GET", ROW + "/print", ADMIN, path=CUSTOMER)
case("GET", ROW + "/print/{template}", ADMIN, path=CUSTOMER | {"template": "none"}, ok=(404,))

# Customers have no states: who may see one is told of no steps, and that there is none of that name.
case("GET", ROW + "/transitions", ADMIN, path=CUSTOMER)
case("POST", ROW + "/transitions/{step}", SELLERS, ok=(404,), path=CUSTOMER | {"step": "post"}, body={})
case("GET", ROW + "/approvals", ADMIN, path=CUSTOMER)
case("GET", "/api/v1/approvals", TENANT)
NOTHING = "01890000-0000-7000-8000-0000000000ff"
case("GET", "/api/v1/approvals/{id}", TENANT, ok=(404,), path={"id": NOTHING})
for word in ("approve", "reject", "withdraw"):
    case("POST", "/api/v1/approvals/{id}/" + word, TENANT, ok=(404,), path={"id": NOTHING}, body={"reason": "x"})
case("GET", "/api/v1/notifications", TENANT)
case("POST", "/api/v1/notifications/read", TENANT)
case("POST", "/api/v1/notifications/{id}/read", TENANT, ok=(404,), path={"id": NOTHING})
case("DELETE", "/api/v1/notifications/{id}", TENANT, ok=(404,), path={"id": NOTHING})
case("GET", "/api/v1/notifications/preferences", TENANT)
case("PATCH", "/api/v1/notifications/preferences", TENANT, body={"job.failed": True})
case("GET", "/api/v1/comments", ADMIN, query="record=crm.customer/@customer")
case("POST", "/api/v1/comments", ADMIN, ok=(201,), body={"record": "crm.customer/@customer", "text": "x"}, fresh=a_customer)
case("PATCH", "/api/v1/comments/{id}", ADMIN, path={"id": "@comment"}, body={"text": "changed"},
     fresh=lambda company, _: {"comment": company.comment()})
case("DELETE", "/api/v1/comments/{id}", ADMIN, ok=(204,), path={"id": "@comment"},
     fresh=lambda company, _: {"comment": company.comment()})
HOOK = {"id": "@webhook"}
case("GET", "/api/v1/webhooks", ADMIN)
case("POST", "/api/v1/webhooks", ADMIN, ok=(201,), body={"name": "x", "url": "https://127.0.0.1:1/", "events": ["none.at_all"]})
case("GET", "/api/v1/webhooks/{id}", ADMIN, path=HOOK)
case("PATCH", "/api/v1/webhooks/{id}", ADMIN, path=HOOK, body={"name": "changed"},
     fresh=lambda company, _: {"webhook": company.webhook()})
case("DELETE", "/api/v1/webhooks/{id}", ADMIN, ok=(204,), path=HOOK, fresh=lambda company, _: {"webhook": company.webhook()})
case("POST", "/api/v1/webhooks/{id}/secret", ADMIN, path=HOOK, fresh=lambda company, _: {"webhook": company.webhook()})
case("POST", "/api/v1/webhooks/{id}/test", ADMIN, ok=(202,), path=HOOK, fresh=lambda company, _: {"webhook": company.webhook()})
case("GET", "/api/v1/webhooks/{id}/deliveries", ADMIN, path=HOOK)
case("GET", "/api/v1/webhooks/{id}/deliveries/{delivery}", ADMIN, ok=(404,), path=HOOK | {"delivery": NOTHING})
case("POST", "/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver", ADMIN, ok=(404,), path=HOOK | {"delivery": NOTHING})
case("GET", "/api/v1/audit", ADMIN)
case("POST", "/api/v1/audit/verify", ADMIN, body={})

YEARLY = {"id": "probe.echo_yearly"}
case("GET", "/api/v1/jobs", ADMIN)
case("GET", "/api/v1/jobs/{id}", ADMIN, path=YEARLY, free_name=True)
case("GET", "/api/v1/jobs/{id}/runs", ADMIN, path=YEARLY, free_name=True)
case("POST", "/api/v1/jobs/{id}/run", ADMIN, ok=(202,), path=YEARLY, free_name=True)
case("POST", "/api/v1/jobs/{id}/pause", ADMIN, path=YEARLY, free_name=True)
case("POST", "/api/v1/jobs/{id}/resume", ADMIN, path=YEARLY, free_name=True)
case("GET", "/api/v1/settings", ADMIN)
case("GET", "/api/v1/settings/{owner}", ADMIN, path={"owner": "company"}, free_name=True)
case("PATCH", "/api/v1/settings/{owner}", ADMIN, path={"owner": "company"}, body={"values": {"currency": "EUR"}},
     free_name=True)
case("GET", "/api/v1/numbering", ADMIN)
# No module of these companies counts anything.
case("PATCH", "/api/v1/numbering/{sequence}", ADMIN, ok=(404,), path={"sequence": "shop.order.code"}, body={"next": 10**15},
     free_name=True)


# -- where a thing of another company can be named besides the path ----------------------------------------------

@dataclasses.dataclass
class Reference:
    """Asked with a thing of another company and with one that is nowhere, the answers are the same."""
    method: str
    target: str
    body: object = None
    headers: dict = dataclasses.field(default_factory=dict)
    alike: bool = True  # false: what is asked for cannot be compared, and only no marker may come

    def request(self, things: dict) -> tuple:
        made = Case(self.method, self.target.replace("{", "%7B").replace("}", "%7D"), ANYBODY, body=self.body).request(things)
        return made[0], re.sub(r"@(\w+)", lambda found: things[found.group(1)], made[1]), made[2]


C = "/api/v1/crm/customer"
REFERENCES = [
    *(Reference("GET", f"{C}?{query}") for query in (
        "id=eq.@customer", "id=in.(@customer,@customer_of_clerk)", "owner=eq.@user", "or=(id.eq.@customer,owner.eq.@user)",
        "not.and=(id.neq.@customer)&limit=1&order=id", "name=like.*@marker*", "name=contains.@marker", "notes=fts.@marker",
        "fts=@marker", "select=id,activities(*)&id=eq.@customer", "select=count()&id=eq.@customer", "city=eq.@marker")),
    Reference("GET", f"{C}?order=name&limit=1&after=@cursor", alike=False),
    Reference("GET", f"{C}/@customer?as_of=2026-01-01T00:00:00Z"),
    Reference("GET", f"{C}/picker?q=@marker"),
    Reference("GET", "/api/v1/crm/activity?customer=eq.@customer&select=*,customer(*)"),
    Reference("POST", C, {"id": "@customer", "name": "taken?"}, {"Prefer": "resolution=ignore-duplicates,return=representation"},
              alike=False),
    Reference("POST", C + "?on_conflict=code", {"code": "@code_of_customer", "name": "merged?"},
              {"Prefer": "resolution=merge-duplicates,return=representation"}, alike=False),
    Reference("POST", C, {"name": "once"}, {"Idempotency-Key": "the-key-of-beta", "Prefer": "return=representation"}, alike=False),
    Reference("POST", "/api/v1/crm/activity", {"customer": "@customer", "summary": "x"}),
    Reference("POST", "/api/v1/shop/item", {"name": "x", "photo": "@file"}),
    Reference("POST", "/api/v1/shop/item", {"name": "x", "category": "@category"}),
    Reference("POST", "/api/v1/$batch", [{"op": "delete", "entity": "crm.customer", "id": "@customer"}]),
    Reference("POST", "/api/v1/$batch", [{"op": "insert", "entity": "crm.activity", "fields": {"customer": "@customer", "summary": "x"}}]),
    Reference("POST", "/api/v1/crm/rpc/set_level", {"ids": ["@customer"], "level": "A"}),
    Reference("POST", "/api/v1/session/view-as", {"user": "@user"}),
    Reference("POST", "/api/v1/users", {"name": "never", "roles": ["@role"], "password": PASSWORD}),
    Reference("POST", "/api/v1/users", {"name": "never", "department": "@department", "password": PASSWORD}),
    Reference("POST", "/api/v1/departments", {"name": "never", "parent": "@department"}),
    Reference("GET", "/api/v1/users?department=@department"),
    Reference("GET", "/api/v1/users?q=@marker"),
    Reference("GET", "/api/v1/users?after=@marker", alike=False),
    Reference("GET", "/api/v1/permissions/explain?entity=crm.customer&user=@user"),
    Reference("GET", "/api/v1/permissions/explain?entity=crm.customer&id=@customer"),
    *(Reference("GET", f"/api/v1/audit?{query}") for query in ("record=@customer", "user=@user", "entity=crm.customer&record=@activity")),
    Reference("GET", "/api/v1/events/dead?type=@marker"),
    Reference("GET", "/api/v1/crm/customer", headers={"If-None-Match": '"1"', "Range": "0-999"}, alike=False),
    Reference("GET", "/x/probe/notes/@marker"),
]
