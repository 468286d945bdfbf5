from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path

from apps.users import views
from apps.users.forms import LogInForm, NewPasswordForm

log_in = auth.LoginView.as_view(template_name="users/login.html", authentication_form=LogInForm)
new_password = auth.PasswordResetView.as_view(template_name="users/password.html", form_class=NewPasswordForm)
new_password_asked = auth.PasswordResetDoneView.as_view(template_name="users/password_asked.html")
set_password = auth.PasswordResetConfirmView.as_view(
    template_name="users/password_set.html", post_reset_login=True
)
password_is_set = auth.PasswordResetCompleteView.as_view(template_name="users/password_done.html")

urlpatterns = [
    path("login/", log_in, name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("register/", views.Register.as_view(), name="register"),
    path("register/thanks/", views.Registered.as_view(), name="registered"),
    path("staff/import/", views.Import.as_view(), name="import"),
    path("staff/import/people.csv", views.ImportSample.as_view(), name="import-sample"),
    path("password/", new_password, name="password_reset"),
    path("password/asked/", new_password_asked, name="password_reset_done"),
    path("password/<uidb64>/<token>/", set_password, name="password_reset_confirm"),
    path("password/set/", password_is_set, name="password_reset_complete"),
]
