"""Every page of administration and accounts, wide and narrow, light and dark, Chinese and English, as for sales."""

from __future__ import annotations

import csv
import io

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, SignIn
from tests.browser.looks import LANGUAGES, LONG, Walk, speaking
from tests.journeys.copies import Api, Copy

PAGES: dict[str | None, list[str]] = {
    None: ["/accounts/login/", "/accounts/password/reset/", "/accounts/inactive/", "/missing/"],
    "admin": [
        "/customers/import/", "/customers/import/{checked}/", "/customers/import/{checked}/?step=map",
        "/customers/import/{applied}/", "/settings/", "/settings/appearance/", "/settings/profile/",
        "/accounts/password/change/", "/accounts/email/", "/accounts/2fa/", "/settings/users/", "/settings/users/new/",
        "/settings/users/{user}/", "/settings/users/{user}/edit/", "/settings/users/{user}/disable/",
        "/settings/departments/", "/settings/departments/new/", "/settings/absences/", "/settings/absences/new/",
        "/settings/roles/", "/settings/base-data/", "/settings/base-data/stages/", "/settings/base-data/stages/new/",
        "/settings/base-data/levels/", "/settings/base-data/tags/", "/settings/base-data/sources/",
        "/settings/base-data/industries/", "/settings/base-data/regions/?q=上海",
        "/settings/base-data/holidays/?q=春节", "/settings/numbers/", "/settings/numbers/customer/",
        "/settings/pools/", "/settings/pools/new/", "/settings/pools/1/", "/settings/pools/1/try/",
        "/settings/pools/1/members/", "/settings/allotments/", "/settings/allotments/new/", "/settings/allotments/1/",
        "/settings/allotments/1/try/", "/settings/allotments/1/history/", "/settings/company/",
        "/settings/custom-fields/", "/settings/custom-fields/customers.Customer/new/",
        "/settings/custom-fields/customers.Customer/new/choice/", "/settings/custom-fields/1/edit/",
        "/settings/users/{user}/leave/",
        "/settings/tokens/", "/settings/tokens/new/", "/settings/system/", "/jobs/failed/", "/settings/audit/",
    ],
    "security": ["/settings/roles/{role}/", "/settings/users/{user}/roles/", "/settings/audit/"],
    "technician": ["/", "/notifications/", "/jobs/"],
}  # fmt: skip


@pytest.fixture(scope="module")
def places(company: Copy) -> dict[str, int]:
    """The records whose pages are walked: two imports, a person, a role; a department with a long name."""
    admin = company.api("admin")
    user, role = company.sql(
        f"WITH renamed AS (UPDATE crm_department SET name = '{LONG[:60]}' WHERE name = '技术部') "
        "SELECT concat_ws(' ', (SELECT id FROM crm_user WHERE username = 'rep'), (SELECT min(id) FROM crm_role))"
    ).split()
    return {
        "checked": uploaded(admin, "检查.csv"),
        "applied": applied(admin, uploaded(admin, "导入.csv")),
        "user": int(user),
        "role": int(role),
    }


def uploaded(admin: Api, name: str) -> int:
    """An import that has been checked: a good row, a bad phone, a duplicate."""
    lines = [["客户名称", "手机", "备注"], [f"{name[:2]}外观有限公司", "13800000001", ""]]
    lines += [[f"{name[:2]}电话有限公司", "没有", LONG[:90]], [f"{name[:2]}外观有限公司", "13800000002", ""]]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    made = admin.upload("imports/", name, text.getvalue().encode(), {"mode": "create"})[1]
    admin.wait(made["job"])
    return made["id"]


def applied(admin: Api, pk: int) -> int:
    """The same import, carried out."""
    admin.wait(admin.call("POST", f"imports/{pk}/apply/", {})[1]["job"])
    return pk


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("username", PAGES)
def test_pages_hold_up(
    username: str | None, language: str, places: dict[str, int], company: Copy, sign_in: SignIn
) -> None:
    page = sign_in(username, reduced_motion="reduce")
    with speaking(page.context, company.base, language):
        found = Walk(page, is_judged=language == "zh-hans").through(path.format(**places) for path in PAGES[username])
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_a_new_token_and_a_second_factor_hold_up(company: Copy, sign_in: SignIn) -> None:
    page = sign_in("admin", reduced_motion="reduce")
    walk = Walk(page, is_judged=True)
    page.goto("/settings/tokens/new/")
    page.get_by_role("combobox", name="代表用户").fill("林晓雯")
    page.get_by_role("option", name="林晓雯").click()
    page.get_by_label("用途").fill("进销存接口")
    page.get_by_role("button", name="生成令牌").click()
    expect(page).to_have_url("/settings/tokens/new/")
    walk.look("a token shown once")
    walk.through(["/settings/tokens/", "/accounts/2fa/totp/activate/"])
    # on a slow machine the sign-in is old by now, and the password is asked once more
    page.goto("/accounts/2fa/totp/activate/")
    page.locator("#secret, input[type=password]").first.wait_for(state="attached")
    if page.locator("input[type=password]").count():
        page.locator("input[type=password]").fill(PASSWORD)
        page.locator("input[type=password]").press("Enter")
    secret = page.locator("#secret").input_value()
    walk.look("the QR code")
    page.locator("input[name=code]").fill("000000")
    page.get_by_role("button", name="开启").click()
    expect(page.locator(".error")).to_be_visible()
    walk.look("a wrong code")
    page.locator("input[name=code]").fill(code_of(secret))
    page.get_by_role("button", name="开启").click()
    expect(page).to_have_url("/accounts/2fa/recovery-codes/")
    walk.look("recovery codes")
    found = walk.through(["/accounts/2fa/", "/accounts/2fa/recovery-codes/generate/", "/accounts/2fa/totp/deactivate/"])
    company.sql("DELETE FROM mfa_authenticator")
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def code_of(secret: str) -> str:
    """What the app of a person shows now."""
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
