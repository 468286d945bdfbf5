from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.health import health


class WorkersSerializer(serializers.Serializer):
    alive = serializers.BooleanField()
    count = serializers.IntegerField()


class HealthSerializer(serializers.Serializer):
    status = serializers.ChoiceField(["ok", "unavailable"])
    database = serializers.CharField()
    workers = WorkersSerializer()


class Health(APIView):
    """200 once the shop can serve, 503 while it can't; says whether workers are alive."""

    permission_classes = [AllowAny]
    authentication_classes: list[type] = []

    @extend_schema(responses={200: HealthSerializer, 503: HealthSerializer}, tags=["health"])
    def get(self, request: Request) -> Response:
        can_serve, facts = health()
        return Response(facts, status=200 if can_serve else 503)


class Nowhere(APIView):
    """An address under /api/ that leads nowhere says so in JSON."""

    permission_classes = [AllowAny]
    authentication_classes: list[type] = []
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise NotFound
