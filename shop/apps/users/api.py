from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import filters, mixins, viewsets
from rest_framework.authtoken.models import Token
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.users import services
from apps.users.models import User
from apps.users.serializers import LogInSerializer, RegistrationSerializer, TokenSerializer, UserSerializer


class Users(
    mixins.CreateModelMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[User]
):
    """Customers. One sees oneself, the staff sees everybody, and a stranger may register."""

    queryset = User.objects.all()
    filter_backends = [filters.SearchFilter]
    search_fields = ["email", "full_name"]
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[User]:
        everybody = super().get_queryset()
        return everybody if self.request.user.is_staff else everybody.filter(pk=self.request.user.pk)

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny()] if self.action == "create" else [IsAuthenticated()]

    def get_serializer_class(self) -> type:
        return RegistrationSerializer if self.action == "create" else UserSerializer

    def perform_create(self, serializer: RegistrationSerializer) -> None:
        serializer.instance = services.register(**serializer.validated_data)

    @extend_schema(responses=UserSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def me(self, request: Request) -> Response:
        """Who is logged in."""
        return Response(UserSerializer(request.user).data)


class LogIn(APIView):
    """A token for a mail address and a password. Send it as `Authorization: Token …`."""

    permission_classes = [AllowAny]
    authentication_classes: list[type] = []

    @extend_schema(request=LogInSerializer, responses=TokenSerializer, tags=["token"])
    def post(self, request: Request) -> Response:
        serializer = LogInSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        token, _ = Token.objects.get_or_create(user=serializer.validated_data["user"])
        return Response(TokenSerializer({"token": token.key}).data)
