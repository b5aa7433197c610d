"""Keeping the house: migrate, load brands, move the demo's clock, add staff."""

from __future__ import annotations

import re
import secrets
import sys
import time
from datetime import timedelta
from pathlib import Path

from hostkeep.faces.cli.setting_up import ready, ready_and_checked

_SPAN = re.compile(r"(\d+)([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def say(text: str) -> None:
    """Print one line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def migrate() -> int:
    """Bring the database up to this release."""
    ready()
    from hostkeep.runtime import migrating

    say("The database was brought up to date." if migrating.migrate() else "Nothing to do.")
    return 0


def roles() -> int:
    """Print what an administrator runs once on a server of their own."""
    from hostkeep.runtime.roles import administrator_sql

    say(administrator_sql("hostkeep"))
    return 0


def brand_load(folder: str) -> int:
    """Load a brand's folder; for a known brand its policy is announced with the earliest permitted date."""
    ready_and_checked()
    from hostkeep.brands.queries import FRESH
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.faces.cli.policies import with_problems
    from hostkeep.flows import offering, taxing
    from hostkeep.flows.brandloading import load_folder

    place = Path(folder)
    if not (place / "brand.toml").exists():
        sys.stderr.write(f"hostkeep: {place / 'brand.toml'} does not exist\n")
        return 2
    announced = with_problems(lambda: load_folder(act_of_operator(), folder=place))
    if announced is None:
        return 2
    time.sleep(FRESH)
    act = act_of_operator(brand=announced.brand)
    for sentence in (*taxing.advice(act), *offering.advice(act)):
        say(f"{announced.brand}: {sentence}")
    say(f"{announced.brand}: version {announced.version} applies from {announced.effective_at.isoformat()}")
    return 0


def clock_show() -> int:
    """Say what time it is."""
    ready()
    from hostkeep.runtime import clock

    say(clock.now().isoformat())
    return 0


def clock_advance(by: str) -> int:
    """Move the demo's clock, hour by hour, doing what falls due; say of each day what was done."""
    found = _SPAN.fullmatch(by)
    if not found:
        sys.stderr.write("hostkeep: say how far as 31d, 12h or 30m\n")
        return 2
    ready_and_checked()
    from hostkeep.runtime import clock, jobs

    def tell(stretch: jobs.Stretch) -> None:
        done = ", ".join(f"{name} {count}" for name, count in sorted(stretch.done.items()))
        say(f"{stretch.at:%Y-%m-%d %H:%M} UTC: {done or 'nothing to do'} ({stretch.seconds:.1f} s)")

    jobs.advance_clock(timedelta(**{_UNITS[found[2]]: int(found[1])}), tell=tell)
    say(clock.now().isoformat())
    return 0


def staff_add(email: str, role: str) -> int:
    """Add a staff member; print the password and the second factor once."""
    ready_and_checked()
    from hostkeep.faces.cli.demo_people import add_staff

    password = secrets.token_urlsafe(12)
    secret = add_staff(email=email, role=role, password=password)
    say(f"email {email}\nrole {role}\npassword {password}\nsecond factor (TOTP secret) {secret}")
    return 0
