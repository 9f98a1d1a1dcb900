"""Tables whose columns have the names of secrets: rows of text, and arrays of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import count

from toolkit.secrets.patterns import NO_SECRETS, late
from toolkit.secrets.values import in_quotes

# The first row of a table, which names its columns
_COLUMNS = late(r'\ufeff?"?[\w .-]{0,80}+"?(?P<comma>[,;\t|])"?[\w .-]{0,80}+"?(?:(?P=comma)"?[\w .-]{0,80}+"?)*+\r?\n')
_CELL = r'(?P<cell>"(?:[^"]++|"")*+"?|[^"\r\n{0}][^\r\n{0}]*+)|(?P<comma>{0})|(?P<end>\n)'
# The columns of a JSON table: their names, or objects that have them; a row of its cells, and one of these
_IN_STRING = late(r'"(?:(?:[\w.-]{1,80}+(?:[,;]|\\t))+[\w.-]{1,80}+|\|[\w |.-]+)(?:\\r)?\\n(?:[^"\\]++|\\.)*+"')
_HEAD = late(
    r'(?:"(?:columns?|column_?names|cols|fields|headers?)"\s*+:\s*+|\[\s*+)(?P<head>\[[^\[\]]*+\])', re.IGNORECASE
)
_ROW = late(r'\[(?:[^\[\]{}"]++|"(?:[^"\\]++|\\.)*+")*+\]', re.DOTALL)
_VALUE = late(r'"(?:[^"\\]++|\\.)*+"|[^\s\[\],"]++')


def without_cells(table: str, is_secret: Callable[[str], bool], put: Callable[[str], str]) -> str:
    """A table whose first row names its columns, with what `put` makes of the cells below the name of a secret."""
    head = _COLUMNS.match(table)
    names = head[0].lstrip("\ufeff").rstrip().split(head["comma"]) if head else []
    secret = {column for column, name in enumerate(names) if is_secret(name)}
    if not head or not secret:
        return table
    column = 0

    def rewrite(found: re.Match[str]) -> str:
        nonlocal column
        column = 0 if found["end"] else column + bool(found["comma"])
        value = (found["cell"] or "").strip('" ')
        if column not in secret or value.lower() in NO_SECRETS or value.isdigit() or not value.strip("-:"):
            return found[0]
        return found[0].replace(value, put(value))

    return head[0] + re.sub(_CELL.format(re.escape(head["comma"])), rewrite, table[head.end() :])


def without_tables(
    text: str, is_secret: Callable[[str], bool], put: Callable[[str], str], put_token: Callable[[str], str]
) -> str:
    """A JSON text whose tables, in strings and of arrays, have what `put` makes of secrets, or `put_token` of strings as they are written."""

    def rewrite(found: re.Match[str]) -> str:
        clean = without_cells(table := in_quotes(found[0]), is_secret, put)
        return found[0] if clean == table else json.dumps(clean, ensure_ascii=False)

    return _without_columns(_IN_STRING.sub(rewrite, text), is_secret, put_token)


def _without_columns(text: str, is_secret: Callable[[str], bool], put: Callable[[str], str]) -> str:
    """A JSON text whose arrays of cells, below the array of the names of their columns, have what `put` makes of secrets."""
    heads, columns = set[int](), dict[int, set[int]]()
    for found in _HEAD.finditer(text):
        try:
            named = json.loads(found["head"]) if '"' in found["head"] else []
        except ValueError:
            continue
        names = [one.get("name") if isinstance(one, dict) else one for one in named]
        secret = {place for place, name in enumerate(names) if isinstance(name, str) and is_secret(name)}
        is_pair = found[0][0] == "[" and len(names) == 2 and 0 in secret  # of a name and its value
        if secret and not is_pair:
            columns.setdefault(len(names), secret)
            heads.add(found.start("head"))

    def rewrite(found: re.Match[str]) -> str:
        places, secret = count(), columns.get(len(_VALUE.findall(found[0])))
        if not secret or found.start() in heads:
            return found[0]
        return _VALUE.sub(
            lambda cell: put(cell[0]) if next(places) in secret and cell[0][0] == '"' else cell[0], found[0]
        )

    return _ROW.sub(rewrite, text) if columns else text
