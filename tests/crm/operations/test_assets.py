"""The sprite and fonts made from the front-end packages."""

import pytest

from crm.operations import assets
from crm.operations.progress import Trouble


def test_an_icon_of_the_list_becomes_a_symbol_with_the_licence_notice():
    made = assets.sprite(["user"])

    assert made.count("<symbol ") == 1
    assert '<symbol id="i-user" viewBox="0 0 24 24"><path d="M19 21v-2a4 4 0 0 0-4-4H9a4 4 0 0 0-4 4v2" />' in made
    assert "ISC License" in made


def test_an_unknown_icon_is_refused_by_name():
    with pytest.raises(Trouble, match="does not have: no-such-icon"):
        assets.sprite(["user", "no-such-icon"])
