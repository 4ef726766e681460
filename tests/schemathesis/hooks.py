"""What the description's own formats look like, for those who make values of them.

JSON Schema lets a description name formats of its own; a generator has to be told what they are. Values that are wrong in some
other way are made from these schemas all the same: they are what most of the tries are.
"""

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

DAYS = st.dates().filter(lambda day: 1970 <= day.year <= 9999).map(lambda day: day.isoformat())
TIMES = st.builds(
    lambda day, hour, minute, end: f"{day}T{hour:02}:{minute:02}:00{end}",
    # Not at the edges of the years, where an offset would lead beyond them.
    st.dates().filter(lambda day: 1971 <= day.year <= 9998).map(lambda day: day.isoformat()),
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(["Z", ".5Z", "+02:00", "-05:30"]),
)
NAMES = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=20)

schemathesis.openapi.format("due", st.one_of(DAYS, TIMES))
schemathesis.openapi.format("date-time", TIMES)
schemathesis.openapi.format(
    "iana-timezone",
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]),
)
schemathesis.openapi.format(
    "recurrence-rule",
    st.sampled_from(
        [
            "daily",
            "weekly",
            "monthly",
            "yearly",
            "FREQ=WEEKLY;BYDAY=MO,TH",
            "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3",
            "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;UNTIL=20400101T000000Z",
        ]
    ),
)
schemathesis.openapi.format("lead", st.sampled_from(["30m", "1h", "1d", "2 weeks", "1h30m"]))
schemathesis.openapi.format("time-of-day", st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59)))
schemathesis.openapi.format("email", st.builds(lambda name, host: f"{name}@{host}.example", NAMES, NAMES))
schemathesis.openapi.format("password", st.text(min_size=8, max_size=40).filter(lambda text: "\0" not in text and text.strip()))


@schemathesis.hook
def filter_case(context, case):
    """Keeps out tries that are meant to be wrong and are not."""

    def is_wrong(location):
        component = case.meta.components.get(location) if case.meta else None
        return component is not None and component.mode.is_negative

    # The paths of the key do not look at other headers.
    if is_wrong(ParameterLocation.HEADER) and "Knowledge" in (case.operation.tags or []):
        return False
    # An empty parameter is as if it were left out.
    return not (is_wrong(ParameterLocation.QUERY) and "" in (case.query or {}).values())
