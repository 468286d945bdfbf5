from __future__ import annotations

from django.urls import path

from apps.products import views

urlpatterns = [
    path("", views.ProductList.as_view(), name="home"),
    path("products/<int:pk>/", views.ProductPage.as_view(), name="product"),
    path("pictures/<slug:name>.svg", views.picture, name="picture"),
]
