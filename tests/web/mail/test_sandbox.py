"""Mail templates see their values and nothing behind them (X6)."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader, TemplateError

from passweb.mail.sandbox import environment


def _render(source: str, name: str = "a.html") -> str:
    made = environment(DictLoader({name: source}), "en")
    return made.get_template(name).render(client_name="Anna", sessions=3)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ client_name.__class__.__mro__ }}",
        "{{ client_name['__class__'] }}",
        "{{ client_name|attr('__class__') }}",
        "{{ _.__globals__ }}",
        "{{ ngettext.__wrapped__ }}",
        "{{ '{0.__class__}'.format(client_name) }}",
        "{{ client_name.upper() }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__ }}",
        "{{ lipsum() }}",
        "{{ range(10) }}",
        "{{ config }}",
        "{{ missing }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
    ],
)
def test_a_template_cannot_climb_out(source: str) -> None:
    with pytest.raises(TemplateError):
        _render(source)


def test_html_escapes_and_text_does_not() -> None:
    assert _render("{{ '<b>' }}") == "&lt;b&gt;"
    assert _render("{{ '<b>' }}", "a.txt") == "<b>"


def test_what_templates_need_works() -> None:
    source = "{% for a, b in [(1, 2)] %}{{ a + b }}{% endfor %}{{ '●' * sessions }}{{ _('x') }}"
    assert _render(source) == "3●●●x"
