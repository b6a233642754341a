"""Stages, levels, tags, sources, industries, regions."""

import factory

from customers.base_data.models import CustomerLevel, CustomerStage, Industry, LeadSource, Region, Tag


class StageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CustomerStage
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"Stage {n}")
    position = factory.Sequence(int)


class LevelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CustomerLevel
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"Level {n}")


class TagFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Tag
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"Tag {n}")
    tone = "blue"


class SourceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LeadSource
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"Source {n}")


class IndustryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Industry
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"X{n:04d}")
    name = factory.LazyAttribute(lambda row: f"Industry {row.code}")


class RegionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Region
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"{900000 + n}")
    name = factory.LazyAttribute(lambda row: f"Region {row.code}")
    path_name = factory.LazyAttribute(lambda row: f"{row.parent.path_name} {row.name}" if row.parent else row.name)
    rank = factory.LazyAttribute(lambda row: row.parent.rank + 1 if row.parent else 1)
    parent = None


def make_stage(name: str = "", **fields) -> CustomerStage:
    """A step of the negotiation."""
    return StageFactory(**({"name": name} if name else {}), **fields)


def make_level(name: str = "", **fields) -> CustomerLevel:
    """A customer level."""
    return LevelFactory(**({"name": name} if name else {}), **fields)


def make_tag(name: str = "", **fields) -> Tag:
    """A tag."""
    return TagFactory(**({"name": name} if name else {}), **fields)


def make_source(name: str = "", **fields) -> LeadSource:
    """A source of customers."""
    return SourceFactory(**({"name": name} if name else {}), **fields)


def make_industry(name: str = "", **fields) -> Industry:
    """An industry."""
    return IndustryFactory(**({"name": name} if name else {}), **fields)


def make_region(name: str = "", parent: Region | None = None, **fields) -> Region:
    """A province, or a city or district below `parent`."""
    return RegionFactory(parent=parent, **({"name": name} if name else {}), **fields)
