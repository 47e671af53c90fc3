#!/usr/bin/env python3
"""Writes fire-times.txt: schedules and the times at which they must fire, computed in another language, from another reading of the time zone
database (zoneinfo of CPython) and by the simplest means: every day is looked at, every second of a day that is named, every occurrence is counted
from the first. Run it as `Tools/fire_times.py > fire-times.txt` and read what has changed.

A row: text, zone, the instant after which to look, and the times that follow, or - when none does in the next 60 years. Columns are split by tabs.
"""
import datetime as dt
import itertools
import re
import sys
from zoneinfo import ZoneInfo

UTC = dt.timezone.utc
DAY = dt.timedelta(days=1)
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
WEEKDAYS = "SUN MON TUE WED THU FRI SAT".split()
MACROS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}


def zone_of(name):
    offset = re.fullmatch(r"([+-])(\d\d):(\d\d)", name)
    if not offset:
        return ZoneInfo(name)
    size = dt.timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    return dt.timezone(size if offset[1] == "+" else -size)


def shown(zone, wall):
    """The instants at which clocks show this wall time: none, one or two."""
    found = set()
    for fold in (0, 1):
        instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
            found.add(instant)
    return sorted(found)


def first_at_or_past(zone, wall):
    """The first instant at which clocks show this wall time or more."""
    exact = shown(zone, wall)
    if exact:
        return exact[0]
    # Skipped: halve between an instant well before and one well behind.
    low, high = wall.replace(tzinfo=UTC) - 2 * DAY, wall.replace(tzinfo=UTC) + 2 * DAY
    while high - low > dt.timedelta(seconds=1):
        middle = low + dt.timedelta(seconds=int((high - low).total_seconds()) // 2)
        if middle.astimezone(zone).replace(tzinfo=None) >= wall:
            high = middle
        else:
            low = middle
    return high


# Cron


def number(word, names, base):
    return names.index(word.upper()) + base if word.upper() in names else int(word)


def numbers(field, low, high, names=(), base=0):
    """The plain numbers of a field, and what is left of it."""
    plain, special = set(), []
    for item in field.split(","):
        if re.search(r"(?i)#|\d[LW]$|^L|[A-Z]L$", item) and item.upper() not in names:
            special.append(item.upper())
            continue
        body, _, step = item.partition("/")
        if body in "*?":
            first, last = low, high
        elif "-" in body:
            first, last = (number(part, names, base) for part in body.split("-"))
        else:
            first = number(body, names, base)
            last = high if step else first
        size = high - low + 1
        if last < first:
            last += size
        plain.update((value - low) % size + low for value in range(first, last + 1, int(step or 1)))
    return plain, special


def last_day(day):
    return (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY


def working_day(day):
    """The day from Monday to Friday that is next to this one in its month."""
    near = [day + n * DAY for n in (0, -1, 1, -2, 2)]
    return next(d for d in near if d.month == day.month and d.isoweekday() <= 5)


class Cron:
    def __init__(self, text):
        fields = MACROS.get(text.lower(), text).split()
        if len(fields) == 5:
            fields.insert(0, "0")
        if len(fields) == 6:
            fields.append("*")
        sec, minute, hour, day, month, weekday, year = fields
        self.seconds = sorted(numbers(sec, 0, 59)[0])
        self.minutes = sorted(numbers(minute, 0, 59)[0])
        self.hours = sorted(numbers(hour, 0, 23)[0])
        self.months = numbers(month, 1, 12, MONTHS, 1)[0]
        self.days, self.day_words = numbers(day, 1, 31)
        self.weekdays, self.weekday_words = numbers(weekday, 0, 6, WEEKDAYS)
        self.years = None if year == "*" else numbers(year, 1970, 2299)[0]
        self.both = day[0] in "*?" or weekday[0] in "*?"
        self.steady = "*" in (sec[0], minute[0], hour[0])

    def day_named(self, day):
        if day.day in self.days:
            return True
        for word in self.day_words:
            if word[0] == "L":
                target = last_day(day) - int(re.sub(r"\D", "", word) or 0) * DAY
                if target.month != day.month:
                    continue
            else:
                wanted = int(word[:-1])
                if wanted > last_day(day).day:
                    continue
                target = day.replace(day=wanted)
            if word[-1] == "W":
                target = working_day(target)
            if target == day:
                return True
        return False

    def weekday_named(self, day):
        if day.isoweekday() % 7 in self.weekdays:
            return True
        for word in self.weekday_words:
            name, _, nth = word.partition("#") if "#" in word else (word[:-1], None, None)
            if number(name, WEEKDAYS, 0) % 7 != day.isoweekday() % 7:
                continue
            if nth is None and (day + 7 * DAY).month != day.month or nth is not None and (day.day - 1) // 7 + 1 == int(nth):
                return True
        return False

    def fires_on(self, day):
        if day.month not in self.months or self.years is not None and day.year not in self.years:
            return False
        named = self.day_named(day), self.weekday_named(day)
        return all(named) if self.both else any(named)

    def after(self, instant, zone, count):
        found, last = set(), None
        day = instant.astimezone(zone).date() - 2 * DAY
        end = day.replace(year=day.year + 60, day=min(day.day, 28))
        while day < end:
            if self.fires_on(day):
                for time in itertools.product(self.hours, self.minutes, self.seconds):
                    wall = dt.datetime.combine(day, dt.time(*time))
                    found.update(shown(zone, wall) if self.steady else [first_at_or_past(zone, wall)])
                later = sorted(x for x in found if x > instant)
                # Two more days may bring earlier ones where clocks are put back.
                if len(later) >= count and last is None:
                    last = day
            if last is not None and (day - last).days >= 2:
                break
            day += DAY
        return sorted(x for x in found if x > instant)[:count]


# Intervals


def start_of(text):
    """The wall time, and the offset or None."""
    match = re.fullmatch(r"(.*?)(Z|[+-]\d\d(:?\d\d)?)?", text) if "T" in text else re.fullmatch(r"(.*)()", text)
    body, zone = match[1], match[2]
    offset = None
    if zone == "Z":
        offset = dt.timedelta()
    elif zone:
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) * (-1 if zone[0] == "-" else 1)
    date, _, time = body.partition("T")
    if re.fullmatch(r"\d{4}-\d{3}", date):
        day = dt.datetime.strptime(date, "%Y-%j")
    elif re.fullmatch(r"\d{4}-W\d\d-\d", date):
        day = dt.datetime.strptime(date, "%G-W%V-%u")
    elif re.fullmatch(r"\d{4}-W\d\d", date):
        day = dt.datetime.strptime(date + "-1", "%G-W%V-%u")
    else:
        day = dt.datetime(*[int(part) for part in (date or "1970").split("-")], *[1] * (2 - date.count("-")))
    if time:
        parts = [float(part.replace(",", ".")) for part in time.split(":")]
        day += dt.timedelta(milliseconds=sum(round(p * f) for p, f in zip(parts, (3600000, 60000, 1000))))
    return day, offset


def plus_months(wall, months):
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    for day in range(wall.day, 27, -1):
        try:
            return wall.replace(year=year, month=month + 1, day=day)
        except ValueError:
            pass
    return wall.replace(year=year, month=month + 1)


class Interval:
    def __init__(self, text):
        head, start, period = text.split("/")
        self.count = int(head[1:]) if head[1:] else None
        self.wall, self.offset = start_of(start)
        match = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", period)
        y, m, w, d, hours, minutes, seconds = (float(x or 0) for x in match.groups())
        self.months, self.days = int(y * 12 + m), int(w * 7 + d)
        self.time = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)

    def after(self, instant, zone, count):
        if zone is None:
            zone = dt.timezone(self.offset or dt.timedelta())
        fold = 0
        if self.offset is not None and len(shown(zone, self.wall)) == 2:
            # In the hour that comes twice an offset tells which is meant.
            fold = int(self.wall.replace(tzinfo=zone, fold=1).utcoffset() == self.offset)
        found = []
        for i in itertools.count() if self.count is None else range(self.count):
            wall = plus_months(self.wall, self.months * i) + dt.timedelta(days=self.days * i)
            # Where clocks skip this time, PEP 495 moves it forward for fold 0.
            fold_here = fold if len(shown(zone, wall)) == 2 else 0
            time = wall.replace(tzinfo=zone, fold=fold_here).astimezone(UTC) + self.time * i
            if time > instant and time not in found:
                found.append(time)
            if len(found) == count or time.year > 2999:
                break
            if time == wall.replace(tzinfo=zone, fold=fold_here).astimezone(UTC) and not (self.months or self.days or self.time):
                break
        return found


# The table


def row(text, zone_name, after, count=4):
    zone = zone_of(zone_name) if zone_name != "-" else None
    instant = dt.datetime.fromisoformat(after).astimezone(UTC)
    if text.startswith("R"):
        schedule = Interval(text)
        shown_in = zone or dt.timezone(schedule.offset or dt.timedelta())
    else:
        schedule, shown_in = Cron(text), zone
    times = schedule.after(instant, zone, count)

    def local(time):
        text = time.astimezone(shown_in).isoformat(timespec="milliseconds" if time.microsecond else "seconds")
        return text.replace("+00:00", "Z")

    print(text, zone_name, after, " ".join(local(time) for time in times) or "-", sep="\t")


def main():
    import fire_times_cases

    for title, rows in fire_times_cases.groups():
        print(f"# {title}")
        for arguments in rows:
            row(*arguments)


if __name__ == "__main__":
    sys.exit(main())
