"""What every rival is asked to do: the rows and the operations. Standard library only."""
import dataclasses
import datetime

CITIES = ["上海", "北京", "广州", "深圳", "杭州", "成都", "武汉", "南京", "苏州", "重庆", "天津", "西安", "宁波", "青岛",
          "长沙", "无锡", "佛山", "郑州", "合肥", "济南"]
LEVELS = "ABCD"
ROWS = 100_000
PAGE = 20
DEEP_PAGE = 2_500


@dataclasses.dataclass(frozen=True)
class Request:
    """`path` and `body` are templates: {id} is the next id of `ids`, {n} a number no other request has."""
    method: str
    path: str
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    body: str = ""
    ids: tuple[str, ...] = ()


def customer(number: int) -> dict:
    """Row `number` of the workload: the same for every rival."""
    born = datetime.date(1960, 1, 1) + datetime.timedelta(days=number * 37 % 16_000)
    return {
        "name": f"华{number * 7919 % 1_000_000:06}贸易有限公司",
        "code": f"KH{number:07}",
        "city": CITIES[number * 13 % len(CITIES)],
        "level": LEVELS[number * 7 % 4],
        "credit": number * 31 % 500_000,
        "active": number % 3 != 0,
        "born": born.isoformat(),
        "notes": "老客户，月结三十天。",
    }
