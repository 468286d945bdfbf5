"""The forms with which dead letters are decided about in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from hardy.dead_letters.decoding import Contents, from_readable, readable
from hardy.dead_letters.signature import ArgumentsMismatch, check_arguments

#: What stands in the fields is code: the browser must not mend it.
CODE = {"rows": 8, "cols": 100, "spellcheck": "false", "class": "hardy-code vLargeTextField"}


class NoteForm(forms.Form):
    """Why something is decided, for the audit."""

    note = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2, "cols": 80}),
        required=False,
        help_text="Why, for whoever asks later. It is kept with the letter and your name.",
    )

    def __init__(self, *args: Any, needs_note: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = needs_note


class ArgumentsForm(NoteForm):
    """New arguments of one letter, such as its task takes; raises ``Unreadable`` if those it has cannot be shown."""

    args = forms.CharField(
        label="Positional arguments", help_text="A JSON list.", widget=forms.Textarea(CODE)
    )
    kwargs = forms.CharField(
        label="Keyword arguments", help_text="A JSON object.", widget=forms.Textarea(CODE)
    )
    field_order = ("args", "kwargs", "note")

    def __init__(self, *args: Any, app: Any, contents: Contents, **kwargs: Any) -> None:
        before = {"args": readable(contents.args), "kwargs": readable(contents.kwargs)}
        super().__init__(*args, initial=before, **kwargs)
        self.app, self.task = app, contents.task

    def clean_args(self) -> list[Any]:
        args: list[Any] = self._parsed("args", list, "a JSON list, such as [1, 2]")
        return args

    def clean_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = self._parsed("kwargs", dict, 'a JSON object, such as {"express": true}')
        return kwargs

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if "args" in cleaned and "kwargs" in cleaned:
            try:
                check_arguments(self.app, self.task, cleaned["args"], cleaned["kwargs"])
            except ArgumentsMismatch as error:
                raise ValidationError(str(error)) from error
        return cleaned

    def _parsed(self, name: str, kind: type, wanted: str) -> Any:
        try:
            value = from_readable(self.cleaned_data[name])
        except ValueError as error:
            raise ValidationError(f"This cannot be an argument: {error}.") from error
        if not isinstance(value, kind):
            raise ValidationError(f"This must be {wanted}.")
        return value
