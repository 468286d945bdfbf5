from __future__ import annotations

from django.urls import path

from apps.orders import checkout, views

urlpatterns = [
    path("basket/", checkout.BasketPage.as_view(), name="basket"),
    path("basket/add/<int:pk>/", checkout.AddToBasket.as_view(), name="basket-add"),
    path("checkout/", checkout.Checkout.as_view(), name="checkout"),
    path("orders/", views.MyOrders.as_view(), name="orders"),
    path("orders/<int:pk>/", views.OrderPage.as_view(), name="order"),
    path("orders/<int:pk>/progress/", views.Progress.as_view(), name="order-progress"),
    path("orders/<int:pk>/pay/", views.Pay.as_view(), name="order-pay"),
]
