"""The Russian production calendar as data: where a working day is not what the week says.

`DAYS_OFF` are weekdays that are days off, `WORKING_WEEKENDS` Saturdays and Sundays that are worked,
both exactly as PyPI `holidays` (country RU) has them; a test compares every day with the installed
library. They stand here as a literal because importing the library loads every country of the
world: 0.7 s and 46 MB in each process, for twenty dates a year. The overrides are what the library
does not know. When a decree moves the days of a new year: raise the library, let the test name the
differences, add the year here.
"""

LIBRARY = "holidays-0.109"
"""The library and version that the first two tables agree with."""

OVERRIDES_VERSION = "1"
"""Raised with every change of the overrides."""

DAYS_OFF: dict[int, str] = {
    2018: "01-01 01-02 01-03 01-04 01-05 01-08 02-23 03-08 03-09 04-30 05-01 05-02 05-09 06-11 "
    "06-12 11-05 12-31",
    2019: "01-01 01-02 01-03 01-04 01-07 01-08 03-08 05-01 05-02 05-03 05-09 05-10 06-12 11-04",
    2020: "01-01 01-02 01-03 01-06 01-07 01-08 02-24 03-09 05-01 05-04 05-05 05-11 06-12 11-04",
    2021: "01-01 01-04 01-05 01-06 01-07 01-08 02-22 02-23 03-08 05-03 05-10 06-14 11-04 11-05 "
    "12-31",
    2022: "01-03 01-04 01-05 01-06 01-07 02-23 03-07 03-08 05-02 05-03 05-09 05-10 06-13 11-04",
    2023: "01-02 01-03 01-04 01-05 01-06 02-23 02-24 03-08 05-01 05-08 05-09 06-12 11-06",
    2024: "01-01 01-02 01-03 01-04 01-05 01-08 02-23 03-08 04-29 04-30 05-01 05-09 05-10 06-12 "
    "11-04 12-30 12-31",
    2025: "01-01 01-02 01-03 01-06 01-07 01-08 05-01 05-02 05-08 05-09 06-12 06-13 11-03 11-04 "
    "12-31",
    2026: "01-01 01-02 01-05 01-06 01-07 01-08 01-09 02-23 03-09 05-01 05-11 06-12 11-04 12-31",
    2027: "01-01 01-04 01-05 01-06 01-07 01-08 02-22 02-23 03-08 05-03 05-10 06-14 11-04 11-05 "
    "12-31",
}

WORKING_WEEKENDS: dict[int, str] = {
    2018: "04-28 06-09 12-29",
    2021: "02-20",
    2022: "03-05",
    2024: "04-27 11-02 12-28",
    2025: "11-01",
    2027: "02-20",
}

OVERRIDES_OFF: dict[int, str] = {
    2020:
    # Decrees of the President 206, 239 and 294: the epidemic.
    "03-30 03-31 04-01 04-02 04-03 04-06 04-07 04-08 04-09 04-10 04-13 04-14 04-15 04-16 04-17 "
    "04-20 04-21 04-22 04-23 04-24 04-27 04-28 04-29 04-30 05-06 05-07 05-08 "
    # Decree 345: the Victory parade; decree 354: the vote on the constitution.
    "06-24 07-01",
    2021:
    # Decree 242: between the May holidays; decree 595: the epidemic.
    "05-04 05-05 05-06 05-07 11-01 11-02 11-03",
}
"""Weekdays that are days off although the library has them as working."""

OVERRIDES_WORKED: dict[int, str] = {}
"""Days that are worked although the library has them as days off: none is known."""

FIXED_HOLIDAYS = (
    "01-01 01-02 01-03 01-04 01-05 01-06 01-07 01-08 02-23 03-08 05-01 05-09 06-12 11-04"
)
"""Labour Code, art. 112, part 1: for the years whose decree is not yet known."""
