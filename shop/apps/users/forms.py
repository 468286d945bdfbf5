from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from apps.users import services
from apps.users.models import User
from apps.users.throttle import TOO_MANY_ATTEMPTS, must_wait

MOST_BYTES = 2 * 1024 * 1024


class RegistrationForm(forms.Form):
    """The registration page; its fields are those of `POST /api/users/`."""

    full_name = forms.CharField(
        label="Name",
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
        help_text="What we may call you. You can leave it out.",
    )
    email = forms.EmailField(
        label="Mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 8 characters, not only digits.",
    )

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError("This address is registered already. Log in instead?")
        return email

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or {}
        if data.get("password"):
            person = User(email=data.get("email", ""), full_name=data.get("full_name", ""))
            try:
                validate_password(data["password"], person)
            except ValidationError as error:
                self.add_error("password", error)
        return data


class LogInForm(AuthenticationForm):
    """Django's, which looks at no password while there were too many wrong ones."""

    def clean(self) -> dict[str, Any]:
        if must_wait(self.cleaned_data.get("username", "")):
            raise ValidationError(TOO_MANY_ATTEMPTS)
        return super().clean()


class NewPasswordForm(PasswordResetForm):
    """Asks for a mail with which a password is set; the page says the same to everybody."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        services.ask_for_new_password(self.cleaned_data["email"])


class ImportForm(forms.Form):
    """A file of people."""

    file = forms.FileField(
        label="CSV file",
        help_text="Columns: email, full_name. The first line names them.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise ValidationError(
                f"The file is bigger than {filesizeformat(MOST_BYTES)}. Import it in parts."
            )
        return file
