"""Laws over several answers of one operation, each a small function over the facts that the contract states.

They are metamorphic relations (Segura et al., IEEE TSE 2018: equivalence, equality, subset, disjoint, complete,
difference): from a reference list, what a changed request must answer follows, whatever the data are.
"""

from __future__ import annotations

from toolkit.client.client import Client
from toolkit.conformance.laws.combined import filters_elsewhere, filters_sent, pages_filtered
from toolkit.conformance.laws.equivalence import (
    defaults,
    formats,
    methods,
    parameter_order,
    repeated,
    unknown_parameters,
)
from toolkit.conformance.laws.filters import (
    filters,
    filters_alone,
    filters_joined,
    filters_near,
    ranges,
    ranges_open,
    window,
    window_filtered,
)
from toolkit.conformance.laws.finding import Finding, Law
from toolkit.conformance.laws.pages import frozen_whole, page_sizes, pages_far, pages_whole, whole

LAWS: tuple[Law, ...] = (
    pages_whole, frozen_whole, formats, methods, defaults, filters, ranges, filters_joined, page_sizes, window, unknown_parameters,
    ranges_open, window_filtered, filters_alone, repeated, parameter_order, filters_near, pages_far, whole,
    pages_filtered, filters_sent, filters_elsewhere,
)  # fmt: skip
OTHER_LAWS: tuple[Law, ...] = (formats, methods, defaults, unknown_parameters, repeated, parameter_order)

_SAFE = ("GET", "HEAD", "OPTIONS", "QUERY")  # methods that change nothing, RFC 9110 (section 9.2.1)


def laws_of(client: Client) -> tuple[Law, ...]:
    """The laws to test an operation by. One that may change something has none, unless the contract states its laws."""
    if client.facts.pages:
        return LAWS
    return OTHER_LAWS if client.operation.method in _SAFE or client.operation.extension("x-laws") else ()


__all__ = ["LAWS", "Finding", "Law", "laws_of", "repeated"]
