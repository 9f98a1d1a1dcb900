"""Documents that differ from well-formed ones a little, by a fixed seed, for comparing readers of XML."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_DECLARATIONS = [
    *(
        "",
        '<?xml version="1.0"?>',
        "<?xml version='1.0' encoding='UTF-8'?>\n",
        '<?xml version="1.0" encoding="utf-8"?>',
    ),
    *('<?xml version="1.0" encoding="iso-8859-1"?>', '<?xml version="1.0" encoding="us-ascii"?>'),
    *('<?xml version="1.0" encoding="utf-16"?>', '<?xml version="1.0" standalone="yes"?>', '<?xml version="1.1"?>'),
    *('<?xml encoding="utf-8"?>', '<?xml version="1.0" standalone="maybe"?>', '<?xml version = "1.0" ?>', " "),
    *('<?xml version="1.0"\u00a0encoding="utf-8"?>', '<?xml version="1.0"\u2003?>', '<?XML version="1.0"?>'),
    *('<?xml version="1.0" encoding="klingon"?>', '<?xml version="2.0"?>', '<?xml version="1.0" encoding="gbk"?>'),
]
_NAMES = ["n", "s", "t", "o", "p:n", "a-b", "_x", "é", "1x", "x:", ":x", "a²", "µ", "xml", "p:", "a.b", "中", "a\u0301"]
_TEXTS = [
    *(
        "",
        "7",
        "-1",
        "01",
        " ",
        "\n  ",
        "x",
        "é",
        "中",
        "😀",
        "&amp;",
        "&lt;b&gt;",
        "&#65;",
        "&#x41;",
        "&#0;",
        "&#xFFFE;",
    ),
    *(
        "&#x110000;",
        "&nbsp;",
        "&",
        "& ",
        "<",
        ">",
        "]]>",
        "]]&gt;",
        "\x01",
        "\x85",
        "\u2028",
        "\ufffe",
        "a\rb",
        "a\r\nb",
        "\x7f",
    ),
    *(
        "<![CDATA[<&]]>",
        "<![CDATA[a]]>b",
        "<![CDATA[a]]",
        "<!-- c -->",
        "<!-- a--b -->",
        "<!-- é -->",
        "<?pi x?>",
        "<?p?q?>",
    ),
    *("<?xml version='1.0'?>", "<!DOCTYPE r>", "7<!-- c -->8", "<?pi?>7", "&#13;", "&apos;&quot;", "\t"),
]
_ATTRIBUTES = [
    *(' i="1"', " i='a b'", ' i="1" i="2"', ' i=1', ' i', ' i="&lt;"', ' i="<"', ' i="a\n\tb"', ' i="&#10;"', ' i="1"j="2"'),
    *(' xmlns:p="urn:p"', ' xmlns="urn:d"', ' xmlns=""', ' xmlns:p=""', ' p:i="1"', ' xml:lang="en"', ' q:i="1"', ' i="&amp;"'),
    *(f' {XSI} xsi:nil="true"', f' {XSI} xsi:nil="0"', f' {XSI} xsi:type="x"', ' xmlns:p="urn:p" xmlns:q="urn:p" p:i="" q:i=""'),
]  # fmt: skip
_ENCODINGS = ["utf-8"] * 12 + ["utf-8-sig", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "gbk"]
_WRONG_BYTES = [
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xef\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\0",
    b"\xe9",
    b"\xef\xbb\xbf",
]


def documents(count: int, seed: int = 7) -> Iterator[bytes]:
    """Some of them are well-formed, some are not."""
    random = Random(seed)
    for _ in range(count):
        tokens = [random.choice(_DECLARATIONS) if random.random() < 0.5 else "", *_element(random, "r", 3)]
        tokens += ["\n"] * (random.random() < 0.2)
        for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
            _mutate(random, tokens)
        body = "".join(tokens).encode(random.choice(_ENCODINGS), "ignore")
        if random.random() < 0.05:
            place = random.randrange(len(body) + 1)
            body = body[:place] + random.choice(_WRONG_BYTES) + body[place + random.randrange(2) :]
        yield body[: random.randrange(len(body) + 1)] if random.random() < 0.02 else body


def _element(random: Random, name: str, depth: int) -> list[str]:
    """The tokens of one element; its tags are tokens too."""
    attributes = random.choice(_ATTRIBUTES[:2]) if random.random() < 0.1 else ""
    if not depth or random.random() < 0.3:
        text = random.choice(("", "1", "x", "é", "&amp;", "<![CDATA[<]]>", "12<!-- c -->3"))
        return [f"<{name}{attributes}>", text, f"</{name}>"] if text else [f"<{name}{attributes}/>"]
    children = [_element(random, random.choice(_NAMES[:4]), depth - 1) for _ in range(random.randrange(4))]
    blank = random.choice(("", "", "\n  "))
    return [f"<{name}{attributes}>", *(token for child in children for token in (blank, *child)), blank, f"</{name}>"]


def _mutate(random: Random, tokens: list[str]) -> None:
    place, kind = random.randrange(len(tokens)), random.randrange(9)
    if kind == 0:
        del tokens[place : place + 1 + (len(tokens) == 1)]
        tokens[:] = tokens or [""]
    elif kind == 1:
        other = random.randrange(len(tokens))
        tokens[place], tokens[other] = tokens[other], tokens[place]
    elif kind <= 4:
        tokens.insert(place, random.choice(_TEXTS))
    elif kind == 5 and tokens[place].startswith("<") and tokens[place].endswith(">"):
        at = -2 if tokens[place].endswith("/>") else -1
        tokens[place] = tokens[place][:at] + random.choice(_ATTRIBUTES) + tokens[place][at:]
    elif kind == 6:
        name = random.choice(_NAMES)
        tokens.insert(place, f"<{name}>7</{name}>")
    elif kind == 7:
        tokens.append(random.choice(("<r/>", "x", "<!-- end -->", "<?pi?>", "\0", "&#32;")))
    elif tokens[place]:
        at = random.randrange(len(tokens[place]))
        tokens[place] = (
            tokens[place][:at] + random.choice(("", "<", ">", "&", "/", " ", "é", '"')) + tokens[place][at + 1 :]
        )
