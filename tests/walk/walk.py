"""The walk: asks everything as everybody and writes down what should not have been."""
import hashlib
import json
import re
import socket
import sqlite3
import threading
import uuid

from table import CASES, REFERENCES, Case
from world import NOBODY, ROLES, Company, Person

DENIED = (401, 403, 404)
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Stands for what `fresh` makes, in requests that come to nothing.
MADE = {"serial": "x", "manifest": "x", "code": "000000"}
# What a refused request may leave in the own company: the refusal itself, and that somebody was there.
TRACES = {"audit", "sqlite_sequence"}


class Walk:
    """Walks for the people of `own`; `other` is the company they must learn nothing of. `asks` sends one request as a
    Person; a test puts something in between."""

    def __init__(self, own: Company, other: Company, outsiders: dict, files: tuple, cases=None):
        self.own, self.other = own, other
        self.people = own.people | outsiders
        self.own_file, self.other_file = files
        self.cases = CASES if cases is None else cases
        self.findings, self.asked = [], 0
        self.foreign_ids = ids_of(self.other_file) - ids_of(self.own_file)
        self.asks = Person.ask

    def found(self, what: str, role: str, request: tuple, answer=None) -> None:
        self.findings.append(f"{what}: {role} {request[0]} {request[1]} {answer if answer else ''}")

    # -- asking and judging ------------------------------------------------------------------------------------

    def ask(self, role: str, person: Person, request: tuple, case: Case | None = None, headers=None):
        method, target, body = request
        self.asked += 1
        if case is not None and case.streams:
            return Head(person, target)
        answer = self.asks(person, method, target, body, headers or (case.headers if case else {}))
        self.judge(role, request, answer, case)
        return answer

    def judge(self, role: str, request: tuple, answer, case: Case | None) -> None:
        text = answer.body + repr(answer.headers).encode()
        sent = repr(request[1:]).encode().upper()
        marker = self.other.marker.encode()
        if marker in text.upper() and marker not in sent:
            self.found("another company's marker", role, request, answer)
        asked = set(UUID.findall(sent.lower()))
        told = {one for one in UUID.findall(text) if one not in asked} & self.foreign_ids
        if told:
            self.found(f"another company's ids {told}", role, request, answer)
        own = self.own.marker.encode()
        open_to = case.told if case else frozenset(ROLES)
        if role not in open_to and own in text.upper() and own not in sent and not self.is_about_self(role, answer):
            self.found("a marker of what this role may not see", role, request, answer)
        if answer.status >= 500 and not (case and answer.status in case.ok):
            self.found(f"status {answer.status}", role, request, answer)

    def is_about_self(self, role: str, answer) -> bool:
        """People have marked names too, and may read their own, and what they made themselves."""
        text = answer.body.decode(errors="replace").upper()
        mine = self.own.mine.get(role, set())
        return all(word in mine for word in re.findall(self.own.marker + r"N\d+", text + repr(answer.headers).upper()))

    # -- the three parts ---------------------------------------------------------------------------------------

    def things_of_others(self) -> None:
        """Whatever another company has answers as what nobody has, to everybody; and nothing there has changed."""
        before = digest(self.other_file, {})
        there, nowhere = self.other.things, self.other.unknown_things()
        for role, person in self.people.items():
            if role == "operator":
                continue  # companies are what he is for
            for case in self.cases:
                if not case.foreign or not case.names() or case.streams:
                    continue
                answers = [self.ask(role, person, case.request(things | MADE), case)
                           for things in (there, nowhere)]
                self.compare(role, case.request(there | MADE), *answers, refused=not case.free_name)
            for reference in REFERENCES:
                requests = [reference.request(things) for things in (there, nowhere)]
                answers = [self.ask(role, person, request, headers=reference.headers) for request in requests]
                if reference.alike:
                    self.compare(role, requests[0], *answers, refused=False)
        if digest(self.other_file, {}) != before:
            self.findings.append("something of the other company has changed")

    def compare(self, role: str, request: tuple, there, nowhere, refused: bool = True) -> None:
        def plain(answer):
            text = re.sub(rb'"trace_id":"[0-9a-f]+"', b"", answer.body)
            for one in sorted({*self.other.things.values(), *self.other.unknown_things().values()}, key=len, reverse=True):
                text = text.replace(str(one).encode(), b"*")
            return answer.status, UUID.sub(b"*", text)
        if plain(there) != plain(nowhere):
            self.found(f"what is there answers otherwise than what is nowhere ({nowhere})", role, request, there)
        if refused and there.status < 400 and "=" not in request[1]:
            self.found("another company's thing was taken", role, request, there)

    def refused_ones(self) -> None:
        """Who may not is told so, and nothing has changed."""
        for role, person in self.people.items():
            before = digest(self.own_file, TRACES)
            for case in self.cases:
                if role in case.who:
                    continue
                request = case.request(self.own.things | MADE)
                answer = self.ask(role, person, request, case)
                allowed = DENIED + ((200, 204, 409, 422) if role in case.blind else ())
                if answer.status not in ((401,) if role == "anonymous" else allowed):
                    self.found(f"refused with {answer.status}", role, request, answer)
                if case.method == "GET" and not case.streams:
                    head = self.ask(role, person, ("HEAD", *request[1:]), case)
                    if head.status != answer.status:
                        self.found(f"HEAD gives {head.status}", role, request, answer)
            after = digest(self.own_file, TRACES)
            if changed := [table for table in after if after[table] != before.get(table)]:
                self.findings.append(f"{role} was refused and has changed {changed}")

    def permitted_ones(self) -> None:
        """Who may is let in: otherwise the refusals above prove nothing."""
        for role, usual in self.people.items():
            for case in self.cases:
                if role not in case.who:
                    continue
                person = self.own.fresh_person(role) if case.in_person and role in self.own.roles_of else usual
                things = self.own.things | (case.fresh(self.own, person) if case.fresh else {})
                answer = self.ask(role, person, case.request(things), case)
                if answer.status not in case.ok:
                    self.found(f"{answer.status} instead of {case.ok}", role, case.request(things), answer)
                if person is not usual:
                    person.close()

    def everything(self) -> list:
        self.things_of_others()
        self.refused_ones()
        self.permitted_ones()
        return self.findings


class Head:
    """Only the head of an answer that does not end."""

    def __init__(self, person: Person, target: str):
        self.body, self.headers = b"", {}
        lines = [f"GET {target} HTTP/1.1", "Host: localhost"]
        lines += [f"Cookie: {person.cookie}"] if person.cookie else []
        lines += [f"Authorization: Bearer {person.token}"] if person.token else []
        with socket.create_connection(("127.0.0.1", person.client.connection.port), timeout=10) as connection:
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            self.status = int(connection.makefile("rb").readline().split()[1])

    def __repr__(self) -> str:
        return f"<{self.status}>"


class Ears(threading.Thread):
    """Hears all that is told to a person (server-sent events), as bytes."""

    def __init__(self, person: Person):
        super().__init__(daemon=True)
        self.socket = socket.create_connection(("127.0.0.1", person.client.connection.port), timeout=60)
        lines = ["GET /api/v1/events HTTP/1.1", "Host: localhost"]
        lines += [f"Cookie: {person.cookie}"] if person.cookie else [f"Authorization: Bearer {person.token}"]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.heard = b""
        self.start()

    def run(self) -> None:
        try:
            while piece := self.socket.recv(65536):
                self.heard += piece
        except OSError:
            pass

    def close(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.join(5)
        self.socket.close()


def not_in_the_table(routes: list[dict], cases: list[Case]) -> list[str]:
    """Endpoints nobody has said anything about, and lines about endpoints that are not there."""
    there = {(one["method"], one["pattern"]) for one in routes}
    said = {(one.method, one.pattern) for one in cases}
    # OPTIONS says which methods an address takes, to who is signed in; those lines are made (options_of).
    return ([f"no line says who may {method} {pattern}: add it to tests/walk/table.py" for method, pattern in sorted(there - said)]
            + [f"the table has {method} {pattern}, which the server has not" for method, pattern in sorted(said - there)])


def options_of(routes: list[dict]) -> list[Case]:
    """OPTIONS says which methods an address takes, to whoever is signed in; nothing of it depends on things."""
    who = frozenset(ROLES) - {"anonymous", "operator"}
    return [Case("OPTIONS", one["pattern"], who, ok=(204,), foreign=False,
                 path={name: "x" for name in re.findall(r"\{(\w+)\*?\}", one["pattern"])})
            for one in routes if one["method"] == "OPTIONS"]


# -- what lies in the files ------------------------------------------------------------------------------------

def tables_of(database: sqlite3.Connection) -> list:
    return [row[0] for row in database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")]


def opened(path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)


def digest(path, without) -> dict:
    """A hash of each table's rows, but of those in `without`."""
    database = opened(path)
    try:
        return {table: hashlib.sha256(repr(sorted(map(repr, database.execute(f'SELECT * FROM "{table}"')))).encode()).hexdigest()
                for table in tables_of(database) if table not in without}
    finally:
        database.close()


def ids_of(path) -> set:
    """Every id that stands in the column `id` of any table, as text."""
    database = opened(path)
    found = set()
    try:
        for table in tables_of(database):
            if any(column[1] == "id" for column in database.execute(f'PRAGMA table_info("{table}")')):
                for (value,) in database.execute(f'SELECT id FROM "{table}"'):
                    if isinstance(value, bytes) and len(value) == 16:
                        found.add(str(uuid.UUID(bytes=value)).encode())
    finally:
        database.close()
    return found - {NOBODY.encode()}


def as_text(findings: list) -> str:
    return json.dumps(findings[:40], indent=1, ensure_ascii=False) + f"\n{len(findings)} findings"
