"""The dashboard and the alert rules, read as Grafana and Prometheus read them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics import Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana/gateway.json").read_text("utf-8"))
RULES = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text("utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
TARGETS = [
    pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
]
FOREIGN = {"up"}  # Prometheus's own


def exported() -> set[str]:
    """Return the names that /metrics has, also of what has no value yet."""
    names: set[str] = set()
    for family in text_string_to_metric_families(Metrics().text().decode()):
        endings = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}
        for ending in endings.get(family.type, ("",)):
            names.add(family.name + ending)
    return names


def selectors(node: Any) -> Iterator[str]:
    """Walk a parsed expression down to the metrics it reads."""
    if isinstance(node, promql_parser.VectorSelector):
        yield str(node.name)
    for name in ("lhs", "rhs", "expr", "vector_selector", "args"):
        below = getattr(node, name, None)
        for each in below if isinstance(below, list) else [below]:
            if each is not None and not isinstance(each, str):
                yield from selectors(each)


@pytest.mark.parametrize(
    "expression",
    [*TARGETS, *(pytest.param(rule["expr"], id=rule["alert"]) for rule in ALERTS)],
)
def test_every_expression_reads_what_is_exported(expression: str) -> None:
    """It parses, and names nothing that /metrics does not have."""
    read = set(selectors(promql_parser.parse(expression)))
    assert read
    assert read <= exported() | FOREIGN


def test_every_alert_says_what_to_do() -> None:
    """By a name of its own, after a while, with how bad it is and two sentences."""
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)
    for rule in ALERTS:
        assert rule["for"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert {"summary", "description"} <= set(rule["annotations"])


def test_panels_lie_side_by_side() -> None:
    """None overlaps another, and each has a number of its own."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        squares = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not squares & taken, panel["title"]
        assert max(x for x, _ in squares) < 24
        taken |= squares
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
