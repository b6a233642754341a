"""Help pages."""

import pytest

from crm.help.views import PAGES
from tests.factories import make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("slug", PAGES)
def test_every_page_exists_in_both_languages(slug, language):
    answer = sign_in(make_user("nora", language=language)).get(f"/help/{slug}/")
    assert answer.status_code == 200
    text = answer.content.decode()
    article = text[text.index("<article") : text.index("</article>")]
    assert ("。" in article) is (language == "zh-hans")


def test_a_page_is_found_by_its_title():
    client = sign_in(make_user("nora", language="en"))
    assert [page[0] for page in client.get("/help/?q=POOL").context["pages"]] == ["pool"]
    assert client.get("/help/?q=xyzzy").context["pages"] == []


def test_an_unknown_page_is_not_there():
    assert sign_in(make_user("nora")).get("/help/nothing/").status_code == 404
