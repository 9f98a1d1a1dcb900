"""Is a contract itself sound: a table of rules and their checks, of which each looks through one survey of the contract.

A rule is here where a mistake makes verdicts wrong, silent or impossible, or code generators fail; style is left to others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from toolkit.contract.model import Contract
from toolkit.document.files import Node, PartUnusable, read_text
from toolkit.document.pointers import pointer_text
from toolkit.document.positions import name_marks
from toolkit.errors import ContractError, failure_trace
from toolkit.review.checks import fields, names, paths, patterns, promises, reach, references, rows, schemas, xml
from toolkit.review.checks.generators import traps
from toolkit.review.survey import Mistake, Survey, operation_at, survey
from toolkit.rules import RULES, Severity
from toolkit.structs import Frozen
from toolkit.validation.hiding import Found
from toolkit.verdict import Violation, plural

Check = Callable[[Survey], Iterable[Mistake]]


def _examples(found: Survey) -> Iterator[Mistake]:
    from toolkit.review.checks import examples  # an overture has no use for it, nor for what writes requests

    return examples.invalid(found)


CHEAP: dict[str, tuple[Check, ...]] = {
    "keyword-misspelt": (),
    "keyword-misplaced": (),
    "keyword-unknown": (),
    "keyword-version": (names.of_other_version,),
    "reference-siblings": (names.siblings,),
    "keyword-without-effect": (schemas.without_effect,),
    "required-undeclared": (schemas.required_undeclared,),
    "pattern-unchecked": (patterns.unread,),
    "pattern-engines": (patterns.different,),
    "path-key": (),
    "path-parameter": (paths.parameters_of_paths,),
    "path-ambiguous": (paths.ambiguous,),
    "operation-id-repeated": (paths.duplicate_ids,),
    "parameter-declared-twice": (paths.duplicate_parameters,),
    "parameter-without-effect": (),
    "status-unknown": (paths.statuses,),
    "media-type-unknown": (paths.media_types,),
    "server-unusable": (paths.servers,),
    "security-unknown": (references.security,),
    "link-unusable": (promises.links,),
    "field-missing": (),
    "name-illegal": (),
}
"""Checks that look at one object at a time; the tables of rows and fields have more of each rule, or all."""
DEAR: dict[str, tuple[Check, ...]] = {
    "contract-unusable": (references.unusable,),
    "schema-impossible": (schemas.impossible, reach.unreached),
    "schema-unexamined": (schemas.unexamined, reach.uncompared),
    "alternative-covered": (reach.covered,),
    "value-impossible": (schemas.unreachable,),
    "discriminator-unusable": (schemas.discriminators,),
    "xml-object": (xml.unusable,),
    "xml-clash": (xml.clashes,),
    "promise-unusable": (promises.unusable,),
    "example-invalid": (_examples,),
    "generator-trap": (traps,),
}
"""Checks that read whole schemas or operations."""
CHECKS = {**CHEAP, **DEAR}
OF_TEXT = ("name-repeated", "yaml-trap")
"""Rules of the text of a file, which is read once more for them."""
LARGE = 4_000  # objects of a contract, above which an overture runs cheap checks alone


class Overture(Frozen):
    """What a run that needs the contract says of it first: the number of its errors, and whether all checks of errors ran."""

    errors: int
    whole: bool

    def line(self, named: str) -> str:
        """One line; '' where there is nothing to say."""
        if self.errors:
            found = f"the contract has {plural(self.errors, 'error')}: contract lint {named} shows them"
            return found if self.whole else f"{found}; it is large, so not all was checked"
        left = f"the contract is large, and only some of its rules were checked first: contract lint {named} checks all"
        return "" if self.whole else left


def lint(contract: Contract, named: str = "") -> Iterator[Violation]:
    """Every violation of the rules of contracts. `named` is the contract's file as its user names it, for places."""
    found = survey(contract)
    secrets = Found(contract.secrets, contract.stated_secrets)
    met: set[Any] = set()
    for name, checks in CHECKS.items():
        for rule, one in _mistakes(name, checks, found):
            if (rule, one.node.key) not in met:
                met.add((rule, one.node.key))
                at, operation = place(one.node, contract, named), operation_at(found, one.node)
                made = Violation(rule, secrets.hide(one.message), "", at, one.hint, operation)
                yield made.soften() if one.mild else made
    for path in contract.root.files.trees:
        yield from of_text(path, shown_file(path, contract.root.files.folder, named))


def _mistakes(name: str, checks: Iterable[Check], found: Survey) -> Iterator[tuple[str, Mistake]]:
    """What the checks of a rule find, with the rule. What ends one of them ends no other, and is a finding."""
    every: list[Check] = [*checks, partial(fields.of, name), partial(rows.of, name)]
    for check in every:
        try:
            yield from ((name, one) for one in check(found))
        except Exception as error:  # whatever it is, it does not stop the others
            is_said = isinstance(error, ContractError)
            why = f": {error}" if is_said else f" ({type(error).__name__})"
            message = f"the rule {name} could not be checked to its end{why}"
            place = error.node if isinstance(error, PartUnusable) else found.contract.root
            yield "contract-unusable" if is_said else "check-failed", Mistake(place, message, failure_trace(error))


def of_text(path: Path, named: str) -> Iterator[Violation]:
    """What the text of one file has of traps."""
    from toolkit.review.checks import yaml  # an overture has no use for it

    try:
        text = read_text(path)
    except ContractError:
        return  # one that an overlay stands for
    is_json = text.lstrip()[:1] in ("{", "[")
    for trap in yaml.traps(text):
        if trap.repeated or not is_json:
            rule = "name-repeated" if trap.repeated else "yaml-trap"
            yield Violation(rule, trap.message, "", f"{named}#{trap.pointer}:{trap.line}:{trap.column}", trap.hint)


def overture(contract: Contract) -> Overture:
    """The number of errors, by the checks that find errors and as far as the contract is not so large that they would take long."""
    found = survey(contract)
    is_whole = found.count <= LARGE
    met: set[Any] = set()
    for name, checks in (CHECKS if is_whole else CHEAP).items():
        if RULES[name].severity is Severity.ERROR:
            met.update((rule, one.node.key) for rule, one in _mistakes(name, checks, found) if not one.mild)
    return Overture(len(met), is_whole)


def place(node: Node, contract: Contract, named: str) -> str:
    """`api/openapi.yaml#/paths/~1/get:12:5`: the name that the value stands under, in the contract or a file beside it."""
    known, shown = name_marks(node.path), shown_file(node.path, contract.root.files.folder, named)
    near = (known[node.tokens[:count]] for count in range(len(node.tokens), -1, -1) if node.tokens[:count] in known)
    mark = next(near, None)
    return f"{shown}#{pointer_text(node.tokens)}" + (f":{mark[0]}:{mark[1]}" if mark else "")


def shown_file(path: Path, folder: Path, named: str) -> str:
    """A file of the contract as the user would name it."""
    return (Path(named).parent / path.relative_to(folder)).as_posix() if named else path.name
