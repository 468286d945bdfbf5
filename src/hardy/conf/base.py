"""How a settings class reads Django's ``HARDY = {...}``: late, typed, with nothing remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, get_args, get_type_hints

from django.conf import Settings as LoadedSettings
from django.conf import settings as django_settings

from hardy.conf.kinds import described, type_problem
from hardy.conf.suggest import closest
from hardy.errors import BadSetting

#: What a project without ``HARDY`` has set.
NOTHING: Mapping[str, Any] = MappingProxyType({})


#: Types of values that somebody could change for everyone else.
CHANGEABLE = frozenset({list, dict, set})

Made = TypeVar("Made")


class Key:
    """A key of a settings class: on the class its default, on an instance what the project has set."""

    __slots__ = ("default", "name")

    def __init__(self, name: str, default: Any) -> None:
        self.name, self.default = name, default

    def __get__(self, instance: Any, owner: type) -> Any:
        return self.default if instance is None else instance.read(self.name)


class BaseSettings:
    """Upper-case attributes are looked up in Django's ``HARDY`` first, then in the default on the class.

    Every access looks at ``django.conf.settings`` anew, so ``override_settings(HARDY={...})`` works; what was found
    valid is remembered only as long as that dict is the same and unchanged, because tasks read settings by the
    dozen. A wrong key or value raises `BadSetting` where it is used; `problems` lists all of them for ``manage.py
    check``. The environment is never read: a project decides in its settings file what comes from where.
    """

    #: Each key with its annotation: ``Annotated[type, sentence]``.
    keys: ClassVar[dict[str, Any]] = {}
    #: Each key with the value of a project that sets nothing.
    defaults: ClassVar[dict[str, Any]] = {}

    #: The project's dict, what it held, and the values found valid in it; replaced as a whole, for threads.
    _memory: tuple[Mapping[str, Any], dict[str, Any], dict[Any, Any]] = (NOTHING, {}, {})

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        hints = get_type_hints(cls, include_extras=True)
        cls.keys = {name: hint for name, hint in hints.items() if name.isupper()}
        cls.defaults = {name: getattr(cls, name) for name in cls.keys}
        for name, default in cls.defaults.items():
            setattr(cls, name, Key(name, default))

    if not TYPE_CHECKING:  # a type checker reads the annotations, and still refuses unknown names

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"hardy has no setting {name!r}.{did_you_mean(name, self.keys)}")

    def read(self, name: str) -> Any:
        """Return the valid value of one key; raise `BadSetting` when the project's value cannot be used."""
        found = self._known(name)
        return copy(found) if type(found) in CHANGEABLE else found

    def derived(self, make: Callable[[Self], Made]) -> Made:
        """Return what ``make`` makes of these settings: once, and again when the project's have changed.

        For what each task asks, and what takes longer to make than to remember. Nobody may change it.
        """
        valid = self._remembered()[1]
        if make not in valid:
            valid[make] = make(self)
        made: Made = valid[make]
        return made

    def _known(self, name: str) -> Any:
        given, valid = self._remembered()
        if name not in valid:
            for problem in (*self._unknown(given), *self._problems_of(name, given)):
                raise BadSetting(problem)
            valid[name] = self.value(name, given)
        return valid[name]

    def _remembered(self) -> tuple[Mapping[str, Any], dict[Any, Any]]:
        """Return the project's dict, and what was found valid in it as long as it has not changed."""
        given = self._given()
        seen, held, valid = self._memory
        if given is not seen or given != held:
            valid = {}
            self._memory = (given, dict(given), valid)
        return given, valid

    def problems(self) -> list[str]:
        """Return one sentence for each thing wrong with ``HARDY``, instead of raising at the first."""
        try:
            given = self._given()
        except BadSetting as error:
            return [str(error)]
        of_values = (problem for name in self.keys for problem in self._problems_of(name, given))
        return list(dict.fromkeys([*self._unknown(given), *of_values]))

    def value(self, name: str, given: Mapping[str, Any]) -> Any:
        """Return the project's value or the default, as a copy: nobody changes it for everyone else."""
        return copy(given[name] if name in given else self.default(name))

    def default(self, name: str) -> Any:
        """Return the value of a project that sets nothing."""
        return self.defaults[name]

    def rules(self, name: str, value: Any, given: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is wrong with a value of the right type. A subclass with rules overrides this."""
        yield from ()

    def _given(self) -> Mapping[str, Any]:
        loaded = vars(django_settings).get("_wrapped")
        if type(loaded) is LoadedSettings:
            # Django remembers what a settings file has, not what it has not: that would be an AttributeError each time.
            given = vars(loaded).get("HARDY", NOTHING)
        else:  # not loaded yet, configured by hand, or overridden in a test
            given = getattr(django_settings, "HARDY", NOTHING)
        if not isinstance(given, Mapping):
            raise BadSetting(f"HARDY must be a dict of settings, not {described(given)}.")
        return given

    def _unknown(self, given: Mapping[str, Any]) -> list[str]:
        return [
            f"HARDY[{key!r}] is not a setting of hardy.{did_you_mean(str(key), self.keys)}"
            for key in given
            if key not in self.keys
        ]

    def _problems_of(self, name: str, given: Mapping[str, Any]) -> list[str]:
        if name in given:
            kind = get_args(self.keys[name])[0]
            problem = type_problem(f"HARDY[{name!r}]", given[name], kind)
            if problem:
                return [f"{problem} The default is {self.default(name)!r}."]
        return list(self.rules(name, self.value(name, given), given))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the one that was meant, or all there are."""
    right = closest(name, known)
    return f" Did you mean {right!r}?" if right else f" There are: {', '.join(known)}."
