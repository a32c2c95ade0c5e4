"""The tariff, read from the file that is part of the package."""

import csv
from functools import cache
from importlib.resources import files

#: From this many days on, a stay costs three quarters.
LONG_STAY_DAYS = 30
LONG_STAY_FACTOR = 0.75


def berth_fee(length_m: float, days: int) -> float:
    """Return the fee in euros for a vessel of that length.

    :raises ValueError: when the harbour has no berth that long
    """
    for up_to_metres, euros_a_day in _tariff():
        if length_m <= up_to_metres:
            factor = LONG_STAY_FACTOR if days >= LONG_STAY_DAYS else 1.0
            return round(euros_a_day * days * factor, 2)
    raise ValueError(f"There is no berth for a vessel of {length_m} m.")


@cache
def _tariff() -> list[tuple[float, float]]:
    with (files("harbour") / "tariff.csv").open(encoding="utf-8", newline="") as file:
        return [(float(row["up_to_metres"]), float(row["euros_a_day"])) for row in csv.DictReader(file)]
