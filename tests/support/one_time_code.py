"""RFC 6238 in Python's own words."""
import base64
import hashlib
import hmac
import struct
import time


def one_time_code(secret: str, at: float | None = None) -> str:
    """The code of a moment; of now when none is given."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(time.time() if at is None else at) // 30), hashlib.sha1).digest()
    place = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[place:place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
