"""Reads XML with generated Python classes and writes it back: `python binders.py PLAN`. For each N.xml of the folder there is
N.out afterwards, or N.err with the reason."""

from __future__ import annotations

import importlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def xsdata(package: Any, content: bytes, root: str, *bindings: str) -> str:
    named = bindings or ("xsdata.formats.dataclass.parsers", "xsdata.formats.dataclass.serializers")
    found = {name: one for module in named for name, one in vars(importlib.import_module(module)).items()}
    kinds = [one for one in vars(package).values() if isinstance(one, type)]
    names = {getattr(vars(one).get("Meta"), "name", one.__name__): one for one in kinds}
    return str(found["XmlSerializer"]().render(found["XmlParser"]().from_bytes(content, names[root])))


def generate_ds(module: Any, content: bytes, root: str) -> str:
    bound, out = module.parseString(content, silence=True), io.StringIO()
    bound.export(out, 0, name_=root)
    return out.getvalue()


BINDERS: dict[str, Callable[[Any, bytes, str], str]] = {
    "xsdata": xsdata,
    "xsdata-pydantic": lambda *words: xsdata(*words, "xsdata_pydantic.bindings"),
    "xsdata-attrs": lambda *words: xsdata(*words, "xsdata_attrs.bindings"),
    "generateDS": generate_ds,
    "pyxbgen": lambda module, content, root: str(module.CreateFromDocument(content).toxml(element_name=root)),
}


def main(plan: dict[str, Any]) -> None:
    sys.path.insert(0, plan["folder"])
    package = importlib.import_module(plan["package"])
    for number, root in plan["roots"].items():
        file = Path(plan["bodies"], f"{number}.xml")
        try:
            file.with_suffix(".out").write_text(BINDERS[plan["tool"]](package, file.read_bytes(), root), "utf-8")
        except Exception as error:
            file.with_suffix(".err").write_text(f"{type(error).__name__}: {error}", "utf-8")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
