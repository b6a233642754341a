"""How names are spelled in pinyin for search."""

import pytest

from customers.customers.letters import letters_of, matched_part


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("恒曜精密", "hengyaojingmi hyjm"),
        ("吕梁铝业", "lvlianglvye llly"),
        ("吕氏重工", "lvshizhonggong lszg"),
        ("略阳绿源", "lveyanglvyuan lyly"),
        ("重庆长安银行", "chongqingchanganyinhang cqcayh"),
    ],
)
def test_a_name_is_spelled_as_people_type_it(name, letters):
    assert letters_of(name) == letters


def test_the_part_typed_as_v_is_found():
    assert matched_part("新吕工具", "lv") == "吕"
