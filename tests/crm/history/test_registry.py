"""The lists of triggers that are kept are those pgtrigger would make."""

import pgtrigger
import pytest
from pgtrigger import registry

from crm.history.registry import Registry
from crm.people.models import User


def test_the_kept_lists_are_those_that_would_be_made_anew():
    kept = registry._registry

    assert isinstance(kept, Registry)
    assert kept.by_db_table == registry._Registry.by_db_table.fget(kept)
    assert kept.pg_function_names == registry._Registry.pg_function_names.fget(kept)
    assert len(kept.by_db_table) == len(pgtrigger.registered()) > 300


def test_a_name_is_taken_once_and_free_again_afterwards():
    kept = registry._registry
    before = dict(kept.by_db_table)

    with pgtrigger.Protect(name="for_a_test", operation=pgtrigger.Delete).register(User):
        assert (User._meta.db_table, "for_a_test") in kept.by_db_table
        with pytest.raises(KeyError, match="already used"):
            pgtrigger.Protect(name="for_a_test", operation=pgtrigger.Update).register(User)

    assert kept.by_db_table == before
    assert kept.pg_function_names == registry._Registry.pg_function_names.fget(kept)
