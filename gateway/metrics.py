"""What is counted, served as Prometheus text at /metrics. Labels are routes and words of ours."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
Labelled = Mapping[tuple[str, str], int]
"""Counts by the values of a gauge's two labels."""
CONTENT_TYPE = "text/plain; version=0.0.4"


class Metrics:
    """The counters of one process, in a registry of its own."""

    def __init__(self) -> None:
        """Start all counters at nothing."""
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "gateway_request_seconds",
            "Time to answer a request, by route, method and status.",
            ("route", "method", "status"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._events = Counter(
            "gateway_events",
            "Events of communities, by what became of them.",
            ("outcome",),
            registry=self.registry,
        )
        self._deliveries = Gauge(
            "gateway_deliveries",
            "Deliveries that have not left, by state.",
            ("state",),
            registry=self.registry,
        )
        self._oldest = Gauge(
            "gateway_oldest_delivery_seconds",
            "Age of the oldest delivery that is due and has not left.",
            registry=self.registry,
        )
        self._paused = Gauge(
            "gateway_communities_paused",
            "Communities that nothing is sent for, by reason (admin: a person's own).",
            ("reason",),
            registry=self.registry,
        )
        self._callbacks = Gauge(
            "gateway_communities_callback",
            "Communities by the state of their callback server at VK.",
            ("status",),
            registry=self.registry,
        )
        self._cases = Gauge(
            "gateway_cases",
            "Cases by kind and state.",
            ("kind", "state"),
            registry=self.registry,
        )
        self._due = Gauge(
            "gateway_cases_due",
            "Open cases whose deadline is over (overdue) or ends today.",
            ("when",),
            registry=self.registry,
        )
        self._behind = Gauge(
            "gateway_monitor_unfolded",
            "Changes that wait to be folded into the monitor's tables.",
            registry=self.registry,
        )
        self._departments = Gauge(
            "gateway_department_overdue",
            "Overdue assignments by department.",
            ("department",),
            registry=self.registry,
        )
        self._lost = Gauge(
            "gateway_department_dead_hand_offs",
            "Hand-offs that were given up, by department.",
            ("department",),
            registry=self.registry,
        )
        self._places = Gauge(
            "gateway_club_places",
            "Places of groups that are not over, by department and what they are.",
            ("department", "what"),
            registry=self.registry,
        )
        self._waiting = Gauge(
            "gateway_waiting",
            "People in waiting lists, by kind of case and department.",
            ("kind", "department"),
            registry=self.registry,
        )
        self._offers = Gauge(
            "gateway_offers",
            "Offers from waiting lists that wait for an answer, or are over time and still stand.",
            ("kind", "when"),
            registry=self.registry,
        )
        self._norms = Gauge(
            "gateway_norms",
            "Specialities of clinics by department, and whether a free time keeps the norm.",
            ("department", "kept"),
            registry=self.registry,
        )
        self._children: dict[tuple[str, str, int], Histogram] = {}
        self._outcomes: dict[str, Counter] = {}

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        key = (route, method, status)
        child = self._children.get(key)
        if child is None:
            # Looking a child up by its labels costs more than all else here.
            child = self._children[key] = self._requests.labels(route, method, str(status))
        child.observe(seconds)

    def event(self, outcome: str, count: int = 1) -> None:
        """Count events with one outcome: `taken`, `flooding`, `put_off`, `refused`."""
        child = self._outcomes.get(outcome)
        if child is None:
            child = self._outcomes[outcome] = self._events.labels(outcome)
        child.inc(count)

    def deliveries(self, by_state: Mapping[str, int], oldest_seconds: float) -> None:
        """Take over what stands in the outbox at this moment."""
        for state, count in by_state.items():
            self._deliveries.labels(state).set(count)
        self._oldest.set(oldest_seconds)

    def communities(self, paused: Mapping[str, int], callbacks: Mapping[str, int]) -> None:
        """Take over how many communities are paused and how they stand at VK at this moment."""
        for gauge, counts in ((self._paused, paused), (self._callbacks, callbacks)):
            gauge.clear()  # what nobody has any more is gone, not its last number
            for word, count in counts.items():
                gauge.labels(word).set(count)

    def cases(
        self, states: Mapping[str, Mapping[str, int]], due_today: int, overdue: int, unfolded: int
    ) -> None:
        """Take over how many cases stand where, and how far the monitor's tables are behind."""
        self._cases.clear()
        for kind, counts in states.items():
            for state, count in counts.items():
                self._cases.labels(kind, state).set(count)
        self._due.labels("today").set(due_today)
        self._due.labels("overdue").set(overdue)
        self._behind.set(unfolded)

    def departments(self, overdue: Mapping[str, int], dead: Mapping[str, int]) -> None:
        """Take over what is late and lost at each department, by its code."""
        for gauge, counts in ((self._departments, overdue), (self._lost, dead)):
            gauge.clear()
            for code, count in counts.items():
                gauge.labels(code).set(count)

    def lines(self, places: Labelled, waiting: Labelled, offers: Labelled, norms: Labelled) -> None:
        """Take over how full clubs are, who waits, what is offered and which norms are kept."""
        for gauge, counts in (
            (self._places, places),
            (self._waiting, waiting),
            (self._offers, offers),
            (self._norms, norms),
        ):
            gauge.clear()
            for words, count in counts.items():
                gauge.labels(*words).set(count)

    def text(self) -> bytes:
        """Return everything as Prometheus text."""
        return generate_latest(self.registry)
