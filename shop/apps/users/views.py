from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import FormView, TemplateView, View

from apps.core.access import StaffOnly
from apps.users import services
from apps.users.forms import ImportForm, RegistrationForm

SAMPLE = """email,full_name
ada@example.com,Ada Lovelace
grace@example.com,Grace Hopper
not an address,Nobody
ada@example.com,Ada Again
"""


class Register(FormView):
    """The registration page. Who registers is logged in, and told that a mail is on its way."""

    template_name = "users/register.html"
    form_class = RegistrationForm
    success_url = reverse_lazy("registered")

    def form_valid(self, form: RegistrationForm) -> HttpResponse:
        user = services.register(**form.cleaned_data)
        login(self.request, user)
        self.request.session["registered_address"] = user.email
        return super().form_valid(form)


class Registered(TemplateView):
    """Thanks whoever has just registered; others are asked to."""

    template_name = "users/registered.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "registered_address" not in request.session:
            return redirect("register")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(address=self.request.session["registered_address"], **kwargs)


class Import(StaffOnly, FormView):
    """A file of people becomes customers, each greeted by a mail; rows that are wrong are named."""

    template_name = "users/import.html"
    form_class = ImportForm

    def form_valid(self, form: ImportForm) -> HttpResponse:
        try:
            result = services.import_users(form.cleaned_data["file"].read())
        except services.UnreadableFile as error:
            form.add_error("file", str(error))
            return self.form_invalid(form)
        return self.render_to_response(self.get_context_data(form=ImportForm(), result=result))


class ImportSample(StaffOnly, View):
    """A file to try the import with; two of its rows are wrong."""

    def get(self, request: HttpRequest) -> HttpResponse:
        disposition = {"Content-Disposition": 'attachment; filename="people.csv"'}
        return HttpResponse(SAMPLE, content_type="text/csv; charset=utf-8", headers=disposition)
