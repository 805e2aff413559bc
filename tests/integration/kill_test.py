"""An acknowledged write survives kill -9: concurrent POSTs, the process is killed at a random moment, started again,
and every acknowledged row is looked for. TENON_ROUNDS sets the number of rounds (20 here; `./dev soak` runs 200)."""
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time
import unittest
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tenon_server import Server  # noqa: E402

ROUNDS = int(os.environ.get("TENON_ROUNDS", "20"))
WRITERS = 8


def write_until_killed(port_of, stop, acknowledged, writer: int, round_number: int) -> None:
    """Creates customers one after another and notes the id of each that was answered 201."""
    try:
        client = port_of().sign_in()
        serial = 0
        while not stop.is_set():
            serial += 1
            answer = client.request("POST", "/api/v1/crm/customer", {"name": f"K{round_number}-{writer}-{serial}"},
                                    {"Prefer": "return=representation"})
            if answer.status == 201:
                body = answer.json()
                acknowledged.append((body[0] if isinstance(body, list) else body)["id"])
    except (OSError, ValueError, AssertionError, Exception):  # the kill may hit at any byte of the conversation
        if not stop.is_set():
            raise


def stored_ids(data: str) -> set:
    """Every living customer id, read from the files with another SQLite than the server's."""
    database = next(pathlib.Path(data).glob("tenants/demo*.db"))
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        table = connection.execute(
            "SELECT name FROM sqlite_master WHERE type='table' AND name LIKE 'x%\\_customer' ESCAPE '\\'").fetchone()[0]
        rows = connection.execute(f'SELECT id FROM "{table}"').fetchall()
        return {as_uuid(row[0]) for row in rows}
    finally:
        connection.close()


def as_uuid(value) -> str:
    if isinstance(value, bytes):
        text = value.hex()
        return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])
    return value


class KillTest(unittest.TestCase):
    def test_every_acknowledged_row_is_found_after_kill_9(self):
        seed = int(os.environ.get("TENON_SEED", time.time_ns() % 2**32))
        print(f"seed {seed}, {ROUNDS} rounds, {WRITERS} writers")
        chance = random.Random(seed)
        acknowledged: list = []
        with tempfile.TemporaryDirectory(prefix="tenon-kill-") as data:
            for round_number in range(ROUNDS):
                server = Server("--demo-rows", "0", data=data).start()
                stop = threading.Event()
                writers = [threading.Thread(target=write_until_killed,
                                            args=(server.client, stop, acknowledged, w, round_number))
                           for w in range(WRITERS)]
                before = len(acknowledged)
                for writer in writers:
                    writer.start()
                while len(acknowledged) == before:
                    time.sleep(0.005)
                time.sleep(chance.uniform(0.02, 0.2))
                stop.set()
                server.kill()
                for writer in writers:
                    writer.join()
                missing = set(acknowledged[before:]) - stored_ids(data)
                self.assertEqual(missing, set(), f"round {round_number} lost acknowledged rows, seed {seed}")
            stored = stored_ids(data)
            self.assertEqual(set(acknowledged) - stored, set(), f"seed {seed}")
            print(f"{len(acknowledged)} acknowledged rows in {ROUNDS} kills, {len(stored)} stored, 0 lost")
            self.assertGreater(len(acknowledged), ROUNDS)
            self.catches_a_planted_loss(data, acknowledged[-1], set(acknowledged))

    def catches_a_planted_loss(self, data: str, victim: str, acknowledged: set) -> None:
        """The check itself is checked: one stored row is removed behind the server's back."""
        database = next(pathlib.Path(data).glob("tenants/demo*.db"))
        connection = sqlite3.connect(database)
        table = connection.execute(
            "SELECT name FROM sqlite_master WHERE type='table' AND name LIKE 'x%\\_customer' ESCAPE '\\'").fetchone()[0]
        removed = connection.execute(f'DELETE FROM "{table}" WHERE id IN (?, ?)',
                                     (victim, bytes.fromhex(victim.replace("-", "")))).rowcount
        connection.commit()
        connection.close()
        self.assertEqual(removed, 1)
        self.assertEqual(acknowledged - stored_ids(data), {victim})


if __name__ == "__main__":
    unittest.main()
