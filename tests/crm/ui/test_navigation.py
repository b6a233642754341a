"""What the sidebar and the palette offer to whom."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path
from django.utils import translation

from crm.ui import navigation, palette


def page(request):
    return HttpResponse("page")


urlpatterns = [
    path("", page, name="home"),
    path("things/", page, name="things"),
    path("things/pool/", page, name="pool"),
    path("secret/", page, name="secret"),
]

SECTIONS = [
    ("", [("home", "Home", "house", "", "notices", "h")]),
    ("Things", [
        ("things", "Things", "tag", "", "", "t"),
        ("pool", "Pool", "waves", "", "", ""),
        ("secret", "Secret", "lock", "app.view_secret", "", ""),
        ("not_installed", "Later", "clock", "", "", ""),
    ]),
    ("Nothing", [("not_installed", "Later", "clock", "", "", "")]),
]  # fmt: skip


def may(user, right, row=None):
    return right in user.rights


def sources(text, user, limit):
    if len(text) < 2:
        raise ValidationError("Type at least two characters.")
    return [
        {"group": "Things", "label": f"{text} {n}", "detail": "d", "url": f"/things/{n}/"} for n in range(user.hits)
    ]


@pytest.fixture(autouse=True)
def installation(settings):
    navigation.address.cache_clear()
    settings.ROOT_URLCONF = __name__
    settings.HARBOUR_GATE = f"{__name__}.may"
    settings.HARBOUR_NAVIGATION = SECTIONS
    settings.HARBOUR_PLACE_OF = {"/odd/": "things", "/gone/": "not_installed"}
    settings.HARBOUR_COMMANDS = [("secret", "New secret", "plus", "app.view_secret", "", "s")]
    settings.HARBOUR_PALETTE = [f"{__name__}.sources"]
    yield
    navigation.address.cache_clear()


def visit(path="/", rights=(), hits=0):
    request = RequestFactory().get(path)
    request.user = SimpleNamespace(rights=rights, hits=hits, unread_count=lambda: 4, is_authenticated=True)
    return request


def labels(groups):
    return [(group.label, [place.label for place in group.places]) for group in groups]


def test_a_page_without_right_or_address_is_not_offered():
    assert labels(navigation.groups_for(visit())) == [("", ["Home"]), ("Things", ["Things", "Pool"])]


def test_a_right_adds_its_page_and_its_command():
    groups = navigation.groups_for(visit(rights=("app.view_secret",)))

    assert labels(groups)[1] == ("Things", ["Things", "Pool", "Secret"])
    assert [command.url for command in navigation.commands_for(visit(rights=("app.view_secret",)).user)] == ["/secret/"]
    assert navigation.commands_for(visit().user) == []


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", "Home"),
        ("/things/", "Things"),
        ("/things/7/edit/", "Things"),
        ("/things/pool/", "Pool"),
        ("/other/", None),
        ("/odd/7/parts/", "Things"),
        ("/gone/7/", None),
    ],
)
def test_the_longest_place_around_the_page_is_the_current_one(path, current):
    groups = navigation.groups_for(visit(path))

    marked = [place.label for group in groups for place in group.places if place.is_current]
    assert marked == ([current] if current else [])


def test_unread_notices_are_counted_where_the_line_says_so():
    counts = {place.label: place.count for group in navigation.groups_for(visit()) for place in group.places}

    assert counts == {"Home": 4, "Things": 0, "Pool": 0}


def test_the_shell_is_computed_only_where_a_layout_asks_for_it():
    request = visit()
    request.user.unread_count = lambda: pytest.fail("no layout was drawn")

    navigation.navigation(request)


def test_the_palette_finds_rows_commands_and_places():
    answer = palette.palette(visit("/palette/?q=Thing", rights=("app.view_secret",), hits=12)).content.decode()

    assert answer.count('role="option"') == 8 + 1
    assert 'href="/things/0/"' in answer
    assert 'href="/things/8/"' not in answer


def test_a_text_too_short_for_rows_still_finds_places():
    answer = palette.palette(visit("/palette/?q=T")).content.decode()

    assert "Type at least two characters." in answer
    assert answer.count('role="option"') == 1


def test_the_palette_without_a_match_says_what_can_be_typed():
    answer = palette.palette(visit("/palette/?q=%3Cb%3E")).content.decode()

    assert 'role="option"' not in answer
    assert "&lt;b&gt;" in answer
    assert "<b>" not in answer


def test_the_dialogs_hold_the_places_of_their_reader_in_the_language_of_their_reader():
    more, fewer = (navigation.Shell(visit(rights=rights)) for rights in (["app.view_secret"], []))

    with translation.override("en"):
        assert more.dialogs == navigation.Shell(visit("/things/", rights=["app.view_secret"])).dialogs
        assert ("Secret" in more.dialogs, "Secret" in fewer.dialogs) == (True, False)
        assert "Keyboard shortcuts" in more.dialogs
    with translation.override("zh-hans"):
        assert "Keyboard shortcuts" not in more.dialogs
