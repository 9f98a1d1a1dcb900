"""How secrets and their names are found in texts; each expression takes time that grows with the text alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, AnyStr, cast

from toolkit.secrets.names import HINTS, is_hinted


class _Late:
    """A pattern that is compiled when it is first needed: what a command looks through needs few of them."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern, self._flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, found)
        return found


def late(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    return cast("re.Pattern[AnyStr]", _Late(pattern, flags))


SIGNS = late(r"[^a-z0-9\n]+")
NAME = late(rb'"([^"\\]{1,80}+\\*+)"\s*+:')
JSON = late(
    r'(?P<name>"(?:[^"\\]++|\\.)*+")(?P<colon>\s*+:)|(?P<string>"(?:[^"\\]++|\\.)*+"?)|(?P<open>[{\[])|(?P<close>[}\]])|(?P<scalar>[^\s{}\[\],:"]++)',
    re.DOTALL,
)
BETWEEN = late(r'(?:"[^"]*+"|[^;])++')  # of a cookie's semicolons
FOLDED = late(r",\s*+[^\s=,]++=(?P<value>.+)")  # a further cookie, behind an attribute of the one before
NUMBER = late(r"-?\d[\d.eE+-]*+")
LOOSE = late(r'"(?P<name>[^"\\]{1,80})"\s*+:\s*+"(?P<value>[^"\\]++)')
NESTED = late(  # a property within a string of JSON, an argument of GraphQL there, and an item of a dict of Python
    r"""(?<!\\)(?P<esc>\\++)"(?P<name>[^"\\]{1,80})(?P=esc)"\s*+:\s*+(?P=esc)"(?P<value>(?:[^"\\]++|(?P=esc)\\++["\\]|\\++[^"\\])++)"""
    r"""|(?<!\w)(?P<bare>\w{1,80}+)'?\s*+:\s*+(?:\\++"(?:\\++"\\++")?+(?P<argument>[^"\\]++)|'(?P<item>[^'\\]{3,}+))"""
)
SPACE = late(r"\s*+")
QUOTED = late(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
OF_A_CONTRACT = (late(rb"^(?:openapi|swagger) *:", re.MULTILINE), late(rb"^paths *:", re.MULTILINE))
# The pair of an object that names what its neighbour holds, with a few others between the two
_NAMED = "field|property|param(?:eter)?|attribute|header|variable"
_NAMES = f"(?i:(?:{_NAMED})?(?:name|path)|{_NAMED}|key|k|id)"
_STRINGS = r"""(?:[^"\\]++|\\.)*+"(?:\s*+,\s*+"(?:[^"\\]++|\\.)*+"(?!\s*+:))*+"""
_HELD = '(?i:values?|val|v|[a-z]{1,12}Value)"\\s*+:\\s*+(?:[\\[{]\\s*+(?:"[a-z]{1,12}Value"\\s*+:\\s*+)?)?'
_BETWEEN = r"""\s*+(?:,\s*+"[^"\\]{1,40}+"\s*+:\s*+(?:"[^"\\]{0,80}+"|[\w.-]{1,40}+)\s*+){0,4}?,\s*+"""
LISTED = late(
    rf""""{_NAMES}"\s*+:\s*+"(?P<name>[^"\\]{{1,80}})"{_BETWEEN}"{_HELD}"(?P<value>{_STRINGS})"""
    rf"""|"{_HELD}"(?P<first>{_STRINGS})\s*+[\]}}]?{_BETWEEN}"{_NAMES}"\s*+:\s*+"(?P<later>[^"\\]{{1,80}})\""""
)
NAMING = late(r"""(?<![\w:.-])(?:name|key|id|type)\s*+=\s*+(?:\\*+["']([^"'<>\\]{1,80})\\*+["']|([^\s"'<>\\]{1,80}))""")
XML = late(
    r"<!--(?:[^-]++|-(?!->))*+(?:-->)?|(?P<cdata><!\[CDATA\[)(?P<raw>(?:[^\]]++|\](?!\]>))*+)(?:\]\]>)?"
    r"""|<(?P<end>/?)(?P<tag>[^\s<>/!?]++)(?P<attributes>(?:[^>"'<]++|"[^"<]*+"?|'[^'<]*+'?)*+)>?|<[^>]*+>?|(?P<text>[^<]++)"""
)
TAG = late(rb"<([^\s<>/!?]++)")
_ASSIGNED, _NAME_BEFORE = late(rb"=\s*+\\*+[\"']?"), late(rb"\s*+([\w:.\x80-\xff-]{1,80}+)[\s\"'/]")
_NAMING_VALUE = late(rb"(?<=[\"'])[^\"'<>\\]{1,80}|[^\s\"'<>\\]{1,80}")
# In quotes, in such of a string of JSON, or bare as in HTML
ATTRIBUTE = late(
    r"""([\w:.-]++)\s*+=\s*+(?:\\++"(?P<inner>[^"\\]*+)|"(?P<double>[^"]*+)|'(?P<single>[^']*+)|(?P<bare>[^\s"'<>\\]++))"""
)
PART_NAME = late(r"""\bname(?:\*=[\w-]*'[\w-]*'|="?)([^";\r\n]*)""")  # and as RFC 8187 has it
# A pair of a URL, of a form, or of any text; around its `=` there may be spaces where the value is in quotes or looks made by a machine
_BEFORE_PAIR, _PAIR_NAME = r"""(?:[?&#;,~"'\s>]|\\u0026|\\[nrt])""", r"""([^=&#?;,~\s"'<>\\]{1,80}+)"""
PAIR = late(
    rf"""{_BEFORE_PAIR}{_PAIR_NAME}(?:[ \t]{{0,2}}=[ \t]{{0,2}}\\*+["'](?![\s,:;)}}\]])([^"'<>\\\r\n]++)(?=\\*+["'])"""
    r"""|[ \t]{1,2}=[ \t]{0,2}((?=[^\s"']{0,80}\d)[^&\s"'<>#\\]{8,}+)|=([^&\s"'<>#\\]*+))"""
)
PLAIN_URL = late(r"""[^?#;@"'\s<>\\]*+\?[^?#;@"'\s<>\\]*+""")  # of which no pair is in another one
# The name of a pair, and the same read backwards from its `=`
PAIR_START = late(rf"{_BEFORE_PAIR}{_PAIR_NAME}[ \t]{{0,2}}=")
_BACKWARDS, _LONGEST_PAIR_NAME = (
    late(rf"""[ \t]{{0,2}}{_PAIR_NAME.replace("+", "")}(?:[?&#;,~"'\s>]|6200u\\|[nrt]\\)"""),
    90,
)
# In an authority, and with a password that should have been percent-encoded and is not
USER = late(
    r"(?:(?<=://)|(?<=:\\/\\/))(?:[^\s/?#\"'<>\\]{0,500}|(?!\[)[^\s/?#:@\"'<>]{0,100}:(?!\d+(?:[/?#]|$))[^\s\"'<>]{0,300})@"
)
# A pair of a URL that is itself a parameter, perhaps of a URL that is one; its `=` need not be encoded
INNER = late(r"(?:%(?:25)*+(?:3[BbFf]|26|23)|(?<==)(?=[\w.-]{1,80}+%))(?P<name>[\w.-]{1,80})(?:=|%(?:25)*+3[Dd])")
INNER_VALUE = late(r"""(?:[^%&\s"'<>#\\]|%(?!(?:25)*+26))*+""")
# User and password of a URL that is a parameter, up to the last `@` of its authority
INNER_USER = late(
    r"""(?:%(?:25)*+3[Aa]|:)(?:%(?:25)*+2[Ff]){2}(?P<value>(?:[^%\s"'<>\\/&#]|%(?!(?:25)*+(?:2[Ff3]|3[Ff]))){1,300})"""
    r"(?:@|%(?:25)*+40)"
)
# A property of JSON that is percent-encoded, as in a URL, or in one that is a parameter
QUERIED = late(
    r"""(?:[(,]|%(?:25)*+(?:22|28|20|0A|2C|7B))(?P<name>[\w.-]{1,80})(%(?:25)*+22)?(?:%(?:25)*+20|\+)*+(?::|%(?:25)*+3[Aa])"""
    r"""(?:%(?:25)*+20|\+)*+(?:%(?:25)*+22(?P<value>(?:[^%&\s"'<>#\\]|%(?!(?:25)*+22))++)|(?(2)(?P<bare>[\w.+-]++)|(?!)))"""
)
# An authorization code (RFC 6749, section 4.1), which goes with one of these; or a key, as Azure's functions have it
GRANT = late(r"[?&](?:state|grant_type|code_verifier|iss)=")
CODE = late(r"(?<=[?&]code=)(?![\d-]+(?:[&\s\"'<>#\\]|$))(?P<value>[^&\s\"'<>#\\]{6,}+)")
KEY_CODE = late(r"(?<=[?&]code=)(?=[^&\s\"'<>#\\]*\d)(?=[^&\s\"'<>#\\]*[A-Za-z])(?P<value>[^&\s\"'<>#\\]{20,})")
TOKEN = late(  # a JSON Web Token, signed or encrypted, and what follows the scheme of credentials
    r"""(?P<value>(?<![\w-])eyJ[\w-]{5,}+(?:\.eyJ[\w-]{5,}+\.[\w-]*+|(?:\.[\w-]*+){4})"""
    r"""|(?:(?<=[Bb]earer )|(?<=[Nn]egotiate )|(?<=NTLM ))(?=[^\s"'<>,;\\]*\d)[\w.~+/=-]{10,}+)"""
)
# JSON, which may be in Base64 already, or what follows the scheme of credentials, in Base64
BASE64 = late(r"(?:(?<![\w.-])(?=eyJ|W3si|ZXlK)|(?<=[Bb]asic ))[\w+/-]{8,}+(?!\.)")
# A header field, a setting or a complaint in any text, an argument of a command, and a header field of a list, where the value looks made
# by a machine
_GAP = r"(?:\s|\\[nrt])+"
_MADE = r"""(?P<value>(?=[^\s"'<>,;&\\:]*\d)(?=[^\s"'<>,;&\\:]*[A-Za-z])[^\s"'<>,;&\\:]{8,}+)"""
TOLD = late(
    r"""(?<![\w.-])(--)?+(?P<name>[\w.-]{1,80}+)(?(1)[ \t]\\*+["']?|(?:&quot;)?:[ \t]?(?:&quot;|[A-Z][A-Za-z]{3,8} )?)"""
    + _MADE
)
FIELD = late(
    r"""\\*(["'])(?P<name>--[\w-]{1,80}+|[\w.]{1,40}+-[\w.-]{1,80}+|(?i:cookie|authorization))\\*\1,\s*+\\*\1(?:[A-Z][a-z]{3,8} )?"""
    + _MADE
)
# What code writes in single quotes, or behind an arrow
CODED = late(
    r"""(?<![\w-])(?<![A-Za-z] )(?P<name>[\w-]{1,80}+)\\*["']?[ \t]?(?::[ \t]?'|=>[ \t]?\\*["'])(?P<value>[^"'\\\r\n]{3,}+)"""
)
# An element and a tag within a string, or escaped in XML
ELEMENT = late(
    r"(?:<|&lt;|%3C)(?P<name>[\w:.-]{1,80}+)(?:\s[^<>]{0,200})?(?:>|&gt;|%3E)(?P<value>\s*+(?:[^<>&%\s]|%(?!3C))(?:[^<>&%]|%(?!3C)){2,}+)(?:<|&lt;|%3C)\\*+(?:/|%2F)"
)
TAGGED = late(r"<[A-Za-z][\w:.-]{0,40}+(?P<attributes>\s[^<>]*+)")
# Keys that their beginning gives away: each of these, and what follows. An expression that begins with a word is quick to look for.
_KEYS: tuple[tuple[str, str], ...] = (
    ("ghp_ gho_ ghs_ ghu_ ghr_", r"\w{20,}+"),
    ("github_pat_", r"\w{20,}+"),
    ("glpat- glrt- gldt- glptt- glcbt-", r"[\w-]{15,}+"),
    ("rk_live_ rk_test_ sk_live_ sk_test_ whsec_", r"\w{10,}+"),
    ("shpat_ shpca_ shppa_ shpss_", r"[0-9a-f]{32}"),
    ("hf_ lin_api_ npm_", r"\w{30,}+"),
    ("dop_v1_", r"[0-9a-f]{64}"),
    ("hvs. hvb. xapp- ya29. GOCSPX- pypi-AgE ATATT3", r"[\w-]{20,}+"),
    ("PMAK- AIza", r"[\w-]{30,}+"),
    ("AGE-SECRET-KEY-1", r"\w{30,}+"),
    ("LTAI", r"[A-Za-z0-9]{16,20}(?!\w)"),
    ("SG.", r"[\w-]{20,}+\.[\w-]{20,}+"),
    ("AKIA ASIA", r"[A-Z0-9]{16}(?!\w)"),
    ("glsa_ figd_ dckr_pat_ dckr_oat_ pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w.-]{20,}+"),
    ("ntn_ secret_", r"(?=\w*\d)[A-Za-z0-9]{40,}+"),
    ("dapi key-", r"[0-9a-f]{32}"),
    ("rubygems_ pul-", r"[0-9a-f]{40,}+"),
    ("sq0atp- sq0csp- sq0idp-", r"[\w-]{20,}+"),
    ("dp.pt. dp.st. dp.ct. dp.sa.", r"\w{40,}+"),
    ("sk-", r"(?=[\w-]*\d)(?:[a-z]{2,7}-)?(?:[a-z]{1,5}\d{1,2}-)?\w{20,}+[\w-]*+"),
    (
        "sbp_ squ_ sqp_ sqa_ tskey- nfp_ rnd_ gsk_ pplx- xai- bkua_ vercel_blob_rw_ CFPAT-",
        r"(?=[\w-]*\d)[\w-]{20,}+",
    ),
    ("CLOJARS_ sntrys_ sntryu_ shippo_live_ shippo_test_ EZAK EZTK xkeysib- xsmtpsib- 1//0", r"[\w=+/-]{30,}+"),
    ("xoxa- xoxb- xoxe- xoxp- xoxr- xoxs-", r"[\w-]{10,}+"),
)


def _key(start: str, rest: str) -> re.Pattern[str]:
    """Keys that begin so, where no word does; nor is a line break of JSON one, or what stands before the key of a bot."""
    start = re.escape(start)
    return late(rf"(?P<value>{start}(?:(?<![\w-]{start})|(?<=\\[nrt]{start})|(?<=/bot{start})){rest})")


_ISSUED: tuple[tuple[str, re.Pattern[str]], ...] = (
    *((start, _key(start, rest)) for starts, rest in _KEYS for start in starts.split()),
    (":AA", late(r"(?:(?<![\w-])|(?<=\\[nrt])|(?<=/bot))(?P<value>\d{8,10}+:AA[\w-]{33})")),
    ("hooks.slack.com/", late(r"hooks\.slack\.com/services/(?P<value>[\w/-]{20,}+)")),
    ("/api/webhooks/", late(r"discord(?:app)?\.com/api/webhooks/(?P<value>[\w/-]{20,}+)")),
    (".office.com/", late(r"\.office\.com/webhookb2/(?P<value>[\w/@-]{20,}+)")),
    (
        "-----BEGIN",
        late(
            r"-----BEGIN(?:[A-Z0-9 +]|%20){1,20}PRIVATE(?:[ +]|%20)KEY(?:[ +]BLOCK|%20BLOCK)?-----(?P<value>(?:[^-]++|-(?!----END))++)"
        ),
    ),
)
# User and password as an argument of curl or HTTPie; two numbers are those of a user and a group
CURL = late(
    r"""(?<![\w-])(?:-u ?|-a |--(?:auth|(?:proxy-)?user)[ =])\\*["']?[^\s:"'\\]{1,100}+:(?!(?:\d+|[A-Z_]+)(?!\w))(?P<value>[^\s"'\\]+)"""
)
# A password in a file of `netrc`, and as an option of commands that sign in
WORDS = late(
    rf"""(?:(?<!\w)(?:machine{_GAP}[^\s\\]++|default){_GAP}login{_GAP}[^\s\\]++{_GAP}password{_GAP}(?P<word>[^\s"'\\]++)"""
    rf"""|(?<!\w)(?:login|sshpass|mysql\w*+) (?:[^\s"'\\|;&]++ ){{0,6}}?-p ?\\*["']?{_MADE})"""
)
# A password in quotes behind its name, as SQL and messages have it
SAID = late(
    r"""(?i:(?<![\w-])(?:identified by|password)(?: \(?|\())\\*(["'])(?![,:;)}\]])(?P<value>[^"'\\\s]{3,}+)\\*\1"""
)
# Hashes of passwords, the user and password of Oracle, and the password of a network in a QR code
HASHED = late(
    r"""(?<!\w)(?P<value>\$(?:apr1|2[aby]|argon2\w{1,2})\$[\w./$,=+-]{20,}+)"""
    r"""|jdbc:oracle:\w++:[^\s/@"'\\]{1,99}/(?P<oracle>[^\s@"'\\]{1,99})@|(?<!\w)WIFI:(?:[^\s;"']{0,99};){0,4}?P:(?P<network>(?:[^;\\"]|\\\\?[;,:\\])++)"""
)
_NO_JSON = ("text/csv", "text/tab-separated-values", "application/graphql")  # however they begin
NO_SECRETS = ("", "true", "false", "null", "none", "~")
# Of names of columns in arrays, and in a string of JSON
_NESTED_SIGN = (
    r"""(?:"(?:columns?|column_?[Nn]ames|cols|fields|headers?)"\s*:\s*|\[\s*)"""
    r"""\[[^\[\]]*(?:[Pp]ass|pwd|ecret|oken|[Kk]ey|[Aa]uth|pin|otp|cvv|ookie|[Ss]ession|sig|redential)"""
)
_TABLE_SIGN = r"""(?:[Ww]ord|ecret|oken|_key|Key)(?: ?[,;|][A-Za-z_ ,;|]*)?(?:\\t[A-Za-z_]+)*(?:\\r)?\\n"""
# In any text: a sign that it has where the pattern may match, or, of those whose names may be any, mostly; and the pattern
# A sign counts nothing that begins as usual text does: each beginning would be counted apart, and the search lose its speed. Nor does it
# count `\w`, which is a thousand ranges of Unicode, each time.
_ANYWHERE: tuple[tuple[str, re.Pattern[str]], ...] = (
    (r"%(?:25)*(?:3[BbFf]|26|23)[^%&=\s]+[=%]|=[^%&=\s]+%(?:25)*3[Dd][^%&\s]", INNER),
    (r"(?:3[Aa]|:)%(?:25)*2[Ff]%(?:25)*2[Ff][^/&\s]*(?:@|%(?:25)*40)", INNER_USER),
    (r"%(?:25)*22[^%]+%(?:25)*22", QUERIED),
    (r"eyJ[A-Za-z0-9_-]{5}|earer ", TOKEN),
    (r"(?:eyJ|W3si)[A-Za-z0-9_+/-]{5}|asic [A-Za-z0-9_+/-]{8}", BASE64),
    (r"curl ", CURL),
    (r"(?:[Ww]ord|ecret|oken|[Kk]ey|ookie|tion)(?:: ?[A-Za-z0-9]|&quot;:)|--[\w-]*(?:word|ecret|oken|key) ", TOLD),
    (r"""(?i:word|secret|token|key|cookie|authorization)\\*["'],\s*\\*["']""", FIELD),
    (r"""(?i:word|secret|token|key)\\*["']? ?(?:: ?'|=> ?\\*["'])""", CODED),
    (r"(?:[Ww]ord|ecret|oken|[_ts][Kk]ey)(?:>|&gt;|%3E)[^<]", ELEMENT),
    (r"""(?:name|key|id)=\\*["']?[\w.-]*(?:[Ww]ord|ecret|oken|csrf|[_ts][Kk]ey)""", TAGGED),
)
# The same of what is rarer, for a search apart: one that has to remember too many beginnings at once loses its speed. These begin with letters
_RARELY: tuple[tuple[str, re.Pattern[str]], ...] = (
    (r"egotiate |NTLM ", TOKEN),
    (r"ZXlK[A-Za-z0-9_+/-]{5}", BASE64),
    (r"-a [A-Za-z0-9_.@-]+:|--auth[ =]", CURL),
    (rf"(?:login|sshpass|mysql)[^\"]* -p|login{_GAP}[^\s\"]+{_GAP}password{_GAP}", WORDS),
    (r"""(?:IDENTIFIED BY|identified by|PASSWORD|[Pp]assword)(?: \(?|\()\\*["']""", SAID),
    (r"\$apr1\$|\$2[aby]\$|\$argon2|jdbc:oracle:|WIFI:", HASHED),
)
_OF_ANY_NAME = (ELEMENT, TAGGED)
_ISSUED_SIGN = (
    r"xox[abeprs]-|A[KS]IA[A-Z0-9]{9}|gh[posr]_[A-Za-z0-9_]{20}|github_pat_|gl(?:pat|rt|dt|ptt|cbt)-|k_live_|k_test_|whsec_|shp(?:at|ca|pa|ss)_|hf_[A-Za-z]{20}|lin_api_|dop_v1_|hv[sb]\.[A-Za-z0-9_-]{20}"
    r"|xapp-\d|ya29\.|GOCSPX-|pypi-AgE|ATATT3|PMAK-|SECRET-KEY-1|LTAI[A-Za-z0-9]{9}|cord(?:app)?\.com/api/w"
    r"|AIza|SG\.[A-Za-z0-9_-]{9}|:AA[A-Za-z0-9_-]{9}|slack\.com/serv|PRIVATE(?:[ +]|%20)KEY"
)
_SIGN = "|".join(["code=", _ISSUED_SIGN, *(sign for sign, _ in _ANYWHERE)])
# These are looked for by their first words
_RARE_KEYS = (
    r"(?:glsa_|figd_|dckr_[op]at_|pscale_|ntn_|secret_|dapi|key-|rubygems_|sq0[a-z]{3}-|pul-|dp\.(?:pt|st|ct|sa)\."
    r"|office\.com/webhookb2)[A-Za-z0-9_/-]{20}"
)
_RARE_SIGN = "|".join([_RARE_KEYS, *(sign for sign, _ in _RARELY)])
_USER_SIGN = r"""//[^\s"'<>]*@|\\/\\/[^\s"'<>]*@"""
# With a search of its own, since many words end with the first
_KEY_SIGN = (
    r"(?:sk-|npm_|ghu_|sbp_|sq[upa]_|tskey-|nfp_|rnd_|gsk_|pplx-|xai-|bkua_|vercel_blob_rw_|CFPAT-|CLOJARS_|sntry[su]_|EZ[AT]K"
    r"|shippo_(?:live|test)_|xkeysib-|xsmtpsib-|1//0)[A-Za-z0-9_-]{20}"
)
_KEY_START = rf"(?:^|[^A-Za-z0-9_-]|\\[nrt]){_KEY_SIGN}"
_ODD_WITHOUT_ESCAPES = r""""(?:[Vv]al(?:ues?)?|v|[a-z]{1,12}Value)"|"kty"|"grant_type"|"kind": ?"Secret"|': '"""
_ODD = rf"""\\u|: ?\\"|{_ODD_WITHOUT_ESCAPES}"""
_BESIDE = (
    ('"grant_type":', ("code",)),
    ('"kty":', ("d", "p", "q", "dp", "dq", "qi", "k")),
    *((kind, ("data", "stringData")) for kind in ('"kind":"Secret"', '"kind": "Secret"', "kind: Secret\n")),
)
_NAMING_NAMES = (b"name", b"key", b"id", b"type")
# A line of YAML, of a file of settings, or of header fields; and a pair within braces of YAML or parentheses of GraphQL
LINE = late(
    r"""(?P<indent>[ \t]*+(?:- ++)*+)(?:export )?["']?(?P<name>[\w.$-]{1,80}+)["']?[ \t]*+"""
    r"""(?::[ \t]++|=[ \t]*+|:$)(?:&[\w-]++[ \t]++|!!?\w*+[ \t]++)*+["']?(?P<value>[^\r\n"']*+)"""
)
FLOW = late(
    r"""(?<=[{,(])\s*+["']?(?P<name>[\w.-]{1,80}+)["']?:(?:\s++|(?=["']))(?!\$\w++\s*+\))["']{0,3}(?P<value>[^,{}\[\]\r\n"']++)"""
)
BLOCK = late(r"(?:[|>][+-]?\d?)?\s*+")  # the value stands in the lines below
PAIRED, VALUES = ("name", "key"), ("value", "string", "data")  # elements that name what their neighbour holds
PAIRED_TEXT = late(rb"<(?:[\w.-]{1,40}:)?(?:[Nn]ame|[Kk]ey|NAME|KEY)>\s*+([^<]{1,80})</")
FIRST = late(rb"(?:\xef\xbb\xbf)?\s*+(.)", re.DOTALL)
# The boundary before a part, and the first header field of it
PART = late(r"^(--[^\r\n]{1,200}+)\r?\ncontent-(?:disposition|type):", re.IGNORECASE | re.MULTILINE)
_PART = late(PART.pattern.encode(), re.IGNORECASE | re.MULTILINE)
_PREAMBLE = 4096  # characters before the first part, at the most
FORM = late(rb"\s*+[\w.%\[\]-]{1,80}=")


def beside(text: str) -> frozenset[str]:
    """The names of properties that are secret beside another one of the text: the code of a grant (RFC 6749), what is private of a
    key (RFC 7518, section 6), and what a Secret of Kubernetes holds."""
    return frozenset(name for sign, names in _BESIDE if sign in text for name in names)


def signed(text: str) -> Iterator[re.Pattern[str]]:
    """The patterns that are looked for anywhere of which a text has a sign."""
    if not text.isascii():  # of which each search would make bytes again
        text = signs_of(text.encode("utf-8", "surrogatepass"))
    if not may_have(text):
        return
    if "code=" in text:
        yield from (CODE, KEY_CODE) if GRANT.search(text) else (KEY_CODE,)
    yield from (pattern for sign, pattern in _ANYWHERE if pattern in _OF_ANY_NAME or _has(sign, text))
    if _has(_RARE_SIGN, text):
        yield from (pattern for sign, pattern in _RARELY if _has(sign, text))
    # A tenth of the time that `in` takes
    yield from (pattern for start, pattern in _ISSUED if _has(re.escape(start), text))


def pair_names(text: str) -> Iterator[tuple[int, str]]:
    """Where each pair of a text begins, with its name. Where there are few, as in most bodies, to look back from each `=` is quick."""
    if len(text) < text.count("=") * _LONGEST_PAIR_NAME:
        for found in PAIR_START.finditer(text):
            yield found.start(), found[1]
        return
    start, at = 0, text.find("=")
    while at >= 0:
        if before := _BACKWARDS.match(text[max(start, at - _LONGEST_PAIR_NAME) : at][::-1]):
            yield at - before.end(), before[1][::-1]
        start, at = at + 1, text.find("=", at + 1)


def attribute_names(data: bytes) -> Iterator[bytes]:
    """The names of attributes in XML, and what those hold that name their element. To look back from each `=` and its quote, of which
    most texts have few, is quick."""
    for found in _ASSIGNED.finditer(data):
        if backwards := _NAME_BEFORE.match(data[max(0, found.start() - 90) : found.start()][::-1]):
            yield (name := backwards[1][::-1])
            value = _NAMING_VALUE.match(data, found.end()) if name in _NAMING_NAMES else None
            if value:
                yield value[0]


def coding_of(data: bytes) -> tuple[str, str]:
    """The encoding of a body, and what is done about what it cannot say."""
    is_wide = data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:3:2] == b"\0\0" or data[1:4:2] == b"\0\0"
    if len(data) % 2 == 0 and is_wide:
        coding = "utf-16-be" if data[:1] in (b"\0", b"\xfe") else "utf-16-le"
        return coding, "surrogatepass"
    return "utf-8", "surrogateescape"


def kind_of(data: bytes, media_type: str) -> str:
    """How a body is gone through for secrets: by how it begins, since services state wrong media types."""
    start = data[:_PREAMBLE]
    if b"--" in start and (
        _PART.search(start) or (media_type.startswith("multipart/") and start.lstrip()[:2] == b"--")
    ):
        return "multipart"
    is_form = media_type.endswith("form-urlencoded") and b"=" in data
    if is_form or (FORM.match(data) and b"\n" not in data.strip()):
        return "form"
    found = FIRST.match(data)
    first = found[1] if found else b""
    if media_type in _NO_JSON or first not in (b"{", b"[", b"<", b'"', b"\xef"):
        return "xml" if media_type.endswith("xml") and b"<" in data else "lines"
    return "xml" if media_type.endswith("xml") or first == b"<" else "json"


def may_have_table(text: str) -> bool:
    """Whether a JSON text may have columns and rows with a secret, as arrays or in a string."""
    return (_has(r"\[\s*\[", text) and _has(_NESTED_SIGN, text)) or ("\\" in text and _has(_TABLE_SIGN, text))


def may_have(text: str) -> bool:
    """Whether a text may have what one of the patterns finds anywhere, or a user in a URL."""
    return _has_any(_SIGN, text) or _has_key(text) or ("@" in text and _has(_USER_SIGN, text))


def _has_any(signs: str, text: str) -> bool:
    """Whether a text has one of these signs, or a rare one."""
    return _has(signs, text) or _has(_RARE_SIGN, text)


def _has_key(text: str) -> bool:
    return _has(_KEY_SIGN, text) and _has(_KEY_START, text)  # the first is quick


def is_odd(text: str) -> bool:
    """Whether JSON may have names that a quick look at the names in quotes does not find: with escapes, in strings, in pairs that
    name their neighbour, or as Python writes them."""
    return _has(_ODD if "\\" in text else _ODD_WITHOUT_ESCAPES, text) or may_have_table(text)


def may_name(kind: str, text: str, names: frozenset[str]) -> bool:
    """Whether a name in a JSON text may be a common one of a secret, or one of these whatever joins its words; of an XML text, a tag with
    its attributes, or the text of an element that names what its neighbour holds."""
    return _has(_naming(kind, names), text)


_ASCII = bytes(range(128)) + b"\x7f" * 128


def signs_of(data: bytes) -> str:
    """Bytes as a text to look for signs in, which are all ASCII; every other byte is one of no pattern. To search what is
    not ASCII takes twice as long."""
    return (data if data.isascii() else data.translate(_ASCII)).decode("ascii")


def is_clean(text: str, kind: str, names: frozenset[str]) -> bool:
    """Whether a JSON or XML text has no sign of a secret. One search for most takes no longer than the longest of them."""
    if kind not in ("json", "xml") or (kind == "xml" and '":' in text):
        return False
    return not (_has_any(_any_sign(kind, names), text) or (kind == "json" and may_have_table(text)))


@cache
def _any_sign(kind: str, names: frozenset[str]) -> str:
    pair = rf"""(?i:(?:{_named(names)}|%[0-9a-f])[^=&"<>]*=)"""
    odd = f"|{_ODD}" if kind == "json" else ""
    return f"{_naming(kind, names)}|{_SIGN}|{_USER_SIGN}|{_KEY_START}|{pair}{odd}"


@cache
def _naming(kind: str, names: frozenset[str]) -> str:
    hints = _named(names)
    if kind == "json":
        return rf'(?i:"[^"]*(?:{hints})[^"]*"\s*:)'
    in_tag = rf"""<(?:[^<>"']|"[^"<]*"|'[^'<]*')*(?:"[^"<]*|'[^'<]*)?(?:{hints})"""
    return rf"(?i:{in_tag}|(?:name|key)>[^<]*(?:{hints}))"


def may_show(text: str, names: frozenset[str]) -> bool:
    """Whether a text may have what any of these finds."""
    return _has_any(rf"(?i:{_named(names)})|{_SIGN}|{_ODD}", text) or _has_key(text)


@cache
def _named(names: frozenset[str]) -> str:
    others = sorted(name for name in names if not is_hinted(name))  # the words of one that is are joined elsewhere
    return "|".join((*HINTS, *map("[^a-z0-9]*".join, others)))


def _has(pattern: str, text: str) -> bool:
    try:
        return _search(pattern)(text)
    except UnicodeEncodeError:  # half a pair of UTF-16: nobody knows
        return True


@cache
def _search(pattern: str) -> Callable[[str], bool]:
    """The search for several signs at once: a hundredth of the time that it takes to look for one after the other."""
    import jsonschema_rs

    linear = jsonschema_rs.RegexOptions()
    return jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=linear).is_valid
