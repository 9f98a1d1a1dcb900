"""`contract proxy`: requests pass to a service, and what passed is checked, reported and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import partial
from typing import Any

from toolkit.cli.commands import open_har
from toolkit.cli.common import Common
from toolkit.cli.progress import Reporter
from toolkit.cli.results import print_note, report_opener
from toolkit.cli.watching import numbered, watch
from toolkit.client.contracts import find_contract
from toolkit.client.target import Limits
from toolkit.client.upstream import Upstream
from toolkit.exchange import Exchange
from toolkit.reports.summary import Summary
from toolkit.services.hosting import listen, serve_untouched, url_of
from toolkit.services.proxy import Proxy, is_upgrade, tunnels
from toolkit.structs import Mutable, field, replace
from toolkit.validation.observed import coverage_of
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict, clip, plural

_SILENCE = 60.0  # seconds
_LONGEST = 2_000  # characters of a line about a violation: names are the client's
_PATIENCE = 3  # seconds that exchanges under way have when a signal comes


def run_proxy(common: Common, url: str, given: Mapping[str, Any]) -> int:
    """Pass requests until a signal ends it, then report; the exit status, which is the signal's."""
    limits = Limits(given["timeout"] or _SILENCE, ca_file=given["ca_file"], insecure=given["insecure"])
    with ExitStack() as opened:
        upstream = Upstream(url, limits)
        found = opened.enter_context(find_contract(common.contract, url, limits))
        upstream = upstream if found.url in (None, url) else Upstream(found.url or url, limits)
        loaded = replace(replace(common, contract=found.path).load(), any_host=True)
        common.check_contract(loaded, found.origin)
        accept = opened.enter_context(common.accepting())
        listener = opened.enter_context(closing(listen(given["host"], given["port"])))
        base = (found.url or url).rstrip("/").removesuffix(upstream.path)  # which the URLs of exchanges have already
        secrets = loaded.secrets.unless(given["keep_secrets"])
        keep = opened.enter_context(open_har(given["record"], base, secrets, loaded.secrets_in_path))
        validator = Validator(loaded, keep_secrets=given["keep_secrets"])
        subject = loaded.secrets.shown_url(found.url or url)
        failures = _Failures(common, subject)
        proxy = Proxy(upstream, validator, given["enforce"], lambda verdict: accept(verdict)[0], failures.add)
        opener = report_opener(common.quiet, given["reports"], common.context(loaded, subject))

        def finishing(summary: Summary) -> None:
            summary.notes.extend(_notes(common, proxy, failures))
            summary.coverage = coverage_of(loaded.operations(), reporter.seen) if summary.exchanges else []

        reporter = Reporter(opener, accept, finishing)
        count = plural(sum(1 for _ in loaded.operations()), "operation")
        common.note(f"{found.origin}: {count}; {subject} is at {url_of(listener)} (stop with Ctrl-C)")

        tunnel = tunnels(upstream, failures.add_tunnel)

        def see(exchange: Exchange, found: Verdict) -> None:
            if keep:
                keep(exchange)
            for one in proxy.accept(found).violations if common.verbose and not common.quiet else ():
                print_note(clip(f"{one.source}: {one.severity} {one.rule} {one.at}: {one.message}", _LONGEST))

        serve = partial(serve_untouched, proxy, listener, _PATIENCE, tunnel, is_upgrade)
        passed = numbered(proxy.findings(), validator, see)
        return watch(common, reporter, passed, serve, proxy.finish, given["fail_under"])


class _Failures(Mutable, eq=False):
    """What happened instead of responses: each kind is a note at once, and their number one at the end; WebSockets, too."""

    common: Common
    url: str
    count: int = 0
    known: set[str] = field(default_factory=set)
    tunnels: int = 0

    def add_tunnel(self) -> None:
        self.tunnels += 1

    def add(self, reason: str) -> None:
        self.count += 1
        if reason not in self.known and len(self.known) < 20:
            self.known.add(reason)
            self.common.note(f"{self.url} gives no whole response: {reason}")


def _notes(common: Common, proxy: Proxy, failures: _Failures) -> list[str]:
    if failures.count:
        common.warn_of(f"{plural(failures.count, 'request')} got no whole response from the service")
    if proxy.room.cut:
        bodies = "large body" if proxy.room.cut == 1 else "large bodies"
        common.warn_of(f"{proxy.room.cut:,} {bodies} passed on, not read further and not checked")
    if failures.tunnels:
        connections = plural(failures.tunnels, "connection")
        common.warn_of(f"{connections} of another protocol (WebSocket) passed untouched, and not checked")
    if proxy.refused:
        common.warn_of(f"{plural(proxy.refused, 'upgrade')} with a body answered with 501")
    return common.noted
