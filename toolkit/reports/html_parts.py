"""What stands around the content of the HTML page: its style, its script, and a policy that allows these two alone.

The script is for search, filters and copying; the page says everything without it.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape

from toolkit.verdict import printable

STYLE = """
:root { color-scheme: light dark; --good: light-dark(#1b6e2b, #6fcf7f); --bad: light-dark(#b3261e, #ff8a80);
  --warn: light-dark(#7a5600, #e5b54a); --soft: light-dark(#595959, #b0b0b0); --line: light-dark(#ccc, #555) }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
  background: light-dark(#fff, #16181c); color: light-dark(#1a1a1a, #e8e8e8) }
h1 { font-size: 1.4rem; border-left: .5rem solid; padding-left: .8rem; overflow-wrap: anywhere }
h2 { font-size: 1.2rem; margin-top: 2rem } h3 { font-size: 1rem; margin: .6rem 0 .2rem } a { color: inherit }
:focus-visible { outline: 3px solid light-dark(#0b57d0, #8ab4f8); outline-offset: 2px }
[hidden] { display: none !important }
.good { border-color: var(--good) } .bad { border-color: var(--bad) } .none { border-color: var(--warn) }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .6rem 0; padding: .4rem .8rem }
summary { cursor: pointer; overflow-wrap: anywhere }
article { border-top: 1px solid var(--line); margin-top: .6rem; padding-top: .4rem }
.error > summary b, .bad b { color: var(--bad) } .warning > summary b { color: var(--warn) }
p, dd, td, li { overflow-wrap: anywhere } p { margin: .3rem 0 } .soft, caption { color: var(--soft) }
dl { display: grid; grid-template-columns: minmax(4rem, 6rem) 1fr; gap: .1rem .8rem; margin: .3rem 0 } dt { color: var(--soft) }
dd { margin: 0; font-family: ui-monospace, monospace; font-size: .85em } section dd { font: inherit }
article dd { font-family: ui-monospace, monospace; font-size: .85em }
.wide { overflow-x: auto } table { border-collapse: collapse } caption { text-align: left }
td, th { text-align: left; vertical-align: top; padding: .15rem 1rem .15rem 0 } thead th { border-bottom: 1px solid var(--line) }
tbody th { font-weight: normal } .matrix td, .matrix tbody th { border-bottom: 1px solid var(--line) }
.matrix td { min-width: 3rem; overflow-wrap: normal }
.seen { color: var(--good) } .unseen { color: var(--soft) } .odd { color: var(--bad); font-weight: bold }
pre { overflow-x: auto; font-size: .85em; margin: .3rem 0; padding: .3rem .5rem; background: light-dark(#f3f3f3, #24272d) }
pre b { color: var(--bad) }
button, input, select { font: inherit; min-height: 2.1rem; padding: .2rem .5rem; max-width: 100% }
button { min-height: 0; font-size: .85rem }
form { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: end; margin: 1rem 0 }
label { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 100%; font-size: .9rem }
svg { display: block; font: 11px ui-monospace, monospace; fill: currentColor } svg .axis { stroke: var(--line) }
svg .ok { fill: var(--good) } svg .no { fill: none; stroke: var(--good); stroke-width: 2 } svg .open { fill: var(--soft) }
svg .wrong { stroke: var(--bad); stroke-width: 3 } svg .wish { fill: none; stroke: var(--bad); stroke-dasharray: 2 2 }
svg .red { fill: var(--bad); font-weight: bold }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr } dt { margin-top: .3rem } }
"""

SCRIPT = """
const all = s => [...document.querySelectorAll(s)], form = document.querySelector('form');
all('[data-script]').forEach(e => { e.hidden = false });
const filter = () => {
  const {text, rule, severity, operation} = form.elements, words = text.value.toLowerCase();
  let shown = 0;
  all('article').forEach(a => {
    const fits = (!rule.value || a.dataset.rule === rule.value) && (!severity.value || a.dataset.severity === severity.value)
      && (!operation.value || a.dataset.operation === operation.value) && a.textContent.toLowerCase().includes(words);
    a.hidden = !fits; shown += fits;
  });
  all('details.rule').forEach(d => {
    d.hidden = !d.querySelector('article:not([hidden])');
    if (words || rule.value || severity.value || operation.value) d.open = !d.hidden;
  });
  form.querySelector('output').textContent = shown + ' shown';
};
if (form) { form.addEventListener('input', filter); form.addEventListener('submit', e => e.preventDefault()) }
all('button.copy').forEach(b => b.addEventListener('click', async () => {
  const code = b.parentElement.querySelector('code');
  try { await navigator.clipboard.writeText(code.textContent) } catch {
    getSelection().selectAllChildren(code); document.execCommand('copy');
  }
  b.textContent = 'Copied';
}));
"""


def safe(text: str) -> str:
    """The text within HTML, and printable."""
    return escape(printable(text))


def _hash(text: str) -> str:
    from hashlib import sha256  # here: it loads OpenSSL, and few runs write this report

    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'"
)
"""The page may load nothing, and run nothing but its own script."""
