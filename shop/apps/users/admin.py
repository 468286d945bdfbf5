from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from apps.users.models import User
from hardy.admin.touched import TouchedByTasks


@admin.register(User)
class UserAdmin(TouchedByTasks, DjangoUserAdmin):
    ordering = ["-date_joined"]
    list_display = ["email", "full_name", "is_staff", "is_active", "date_joined"]
    search_fields = ["email", "full_name", "login_name"]
    fieldsets = [
        (None, {"fields": ["email", "login_name", "password"]}),
        ("Person", {"fields": ["full_name", "wants_digest"]}),
        ("May", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})
    ]
    readonly_fields = ["last_login", "date_joined"]
