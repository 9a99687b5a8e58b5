"""Whatever a file, a person or a card says, no format lets it act: every payload goes through every registered format."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest

from forensics_ui.report import REPORTS
from forensics_ui.report.clean import csv_cell
from tests.report.helpers_report import hostile_report

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\0=1+1",
    "   =cmd|' /C calc'!A0",
    "＝1+1",
    'name;=HYPERLINK("x")',
    'x",=1+1,"',
]
MARKUP = [
    "<script>pwned=1;alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<img src=x onerror=alert(1)>-->",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>x</a>",
    "{{ 7*7 }}{% raw %}",
    "${alert(1)}#{alert(1)}",
    "]]><script>alert(1)</script>",
    "<meta http-equiv=refresh content='0;url=//x.example'>",
    "<base href=//x.example>",
    "url(javascript:alert(1)); background: red",
    "evil\u202egpj.exe",
    "\x1b[31mred\x07\u200bzero\ufeff",
    "&lt;script&gt;&#x3c;script&#x3e;",
]
PAYLOADS = FORMULAS + MARKUP
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
ELEMENTS = set(
    "html head meta title style body header p div h1 h2 h3 b br bdi span section dl dt dd ul li figure figcaption i img svg line text rect polyline circle "
    "table caption thead tbody tr th td button details summary pre code script label input".split()
)


class Elements(HTMLParser):
    """What a browser would build: elements with attributes, and the text of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")


def written(name, payload, kind):
    report, stream = hostile_report(payload, kind), io.BytesIO()
    REPORTS.get(name)().render(report.as_dict(), report.images, stream)
    return stream.getvalue()


def check_html(data, payload):
    page = Elements()
    page.feed(data.decode())
    assert {tag for tag, _ in page.found} <= ELEMENTS
    assert sum(tag == "script" for tag, _ in page.found) == 1 and sum(tag == "style" for tag, _ in page.found) == 1
    for tag, attributes in page.found:
        assert not [name for name in attributes if name.startswith("on") or name in ("href", "srcdoc", "formaction", "autofocus")]
        assert attributes.get("src", "data:image/png").startswith("data:image/png")
        assert set(attributes) <= {"content", "http-equiv", "name", "charset"} if tag == "meta" else True
    assert not UNSEEN.search(data.decode())
    shown = "".join(page.text)
    plain = UNSEEN.sub("\ufffd", payload.replace("\r", "\ufffd"))
    assert plain.strip() in shown or plain.replace("\n", "\ufffd").replace("\t", "\ufffd") in shown


def check_csv(data, payload):
    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))):
        for cell in row:
            assert cell == "-1.5" or not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n\0]", cell), cell
            # Cut at another separator, no part begins a formula either.
            assert not re.search(r"[;,|\t]\"?\s*[=+\-@\uff1d]", cell), cell


def check_json(data, payload):
    record = json.loads(data)
    assert not UNSEEN.search(json.dumps(record, ensure_ascii=False)) and record["answer"][0]


def check_pdf(data, payload):
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    assert re.search("Limits of this answer", text)
    assert not re.search(rb"/(JavaScript|JS|URI|Launch|AA|EmbeddedFile|SubmitForm)\b", data)
    # The writer itself says how the first page opens; nothing else may happen on opening.
    assert not re.search(rb"/OpenAction (?!\[\d+ 0 R /FitH)", data)


CHECKS = {"html": check_html, "csv": check_csv, "json": check_json, "pdf": check_pdf}


@pytest.mark.parametrize("name", REPORTS.names())
def test_no_payload_acts_in_any_format(name):
    assert len(FORMULAS) == 12 and len(MARKUP) == 20
    # A new format is not finished before somebody wrote down how it could be attacked.
    check = CHECKS[name]
    for payload in PAYLOADS if name != "pdf" else PAYLOADS[::4]:
        for kind in ("picture", "batch"):
            check(written(name, payload, kind), payload)


@pytest.mark.parametrize("payload", FORMULAS)
def test_a_guarded_cell_starts_with_an_apostrophe_or_holds_one_before_the_formula(payload):
    assert "'" in csv_cell(payload) and csv_cell(payload) != payload


def test_harmless_names_stay_as_they_are():
    for name in ("photo-1.jpg", "写真 1.png", "a=b.png", "Müller & Söhne (2).tif"):
        assert csv_cell(name) == name
