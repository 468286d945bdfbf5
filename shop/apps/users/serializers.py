from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from apps.users.models import User
from apps.users.throttle import TOO_MANY_ATTEMPTS, must_wait


class RegistrationSerializer(serializers.ModelSerializer):
    """`POST /api/users/`."""

    email = serializers.EmailField(
        max_length=254,
        validators=[
            UniqueValidator(
                User.objects.all(), lookup="iexact", message="This address is registered already."
            )
        ],
    )
    password = serializers.CharField(
        write_only=True, max_length=128, trim_whitespace=False, style={"input_type": "password"}
    )

    class Meta:
        model = User
        fields = ["id", "email", "full_name", "password", "date_joined"]
        read_only_fields = ["date_joined"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        person = User(email=attrs["email"], full_name=attrs.get("full_name", ""))
        try:
            validate_password(attrs["password"], person)
        except ValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
        return attrs


class UserSerializer(serializers.ModelSerializer):
    """A customer, as they and the staff see them."""

    class Meta:
        model = User
        fields = ["id", "email", "full_name", "wants_digest", "is_staff", "date_joined"]


class LogInSerializer(serializers.Serializer):
    """`POST /api/token/`."""

    email = serializers.CharField(max_length=254, help_text="Mail address, or log-in name.")
    password = serializers.CharField(
        write_only=True, max_length=128, trim_whitespace=False, style={"input_type": "password"}
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if must_wait(attrs["email"]):
            raise serializers.ValidationError(TOO_MANY_ATTEMPTS)
        user = authenticate(self.context["request"], username=attrs["email"], password=attrs["password"])
        if user is None:
            raise serializers.ValidationError("Nobody logs in with this address and password.")
        return {**attrs, "user": user}


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField()
