"""Drives the simulated Linnworks with linnworks-api-python, whose models are generated from the vendor's own descriptions.

The models refuse a wrong type, an unknown word and an empty date, so an answer that they take has the official form.
In: see checks.py; the situation names address, credentials and orders with their totals. Changes nothing.
"""
import datetime
import logging
import warnings
from decimal import Decimal

from checks import Checks, equal, raises, situation
from linnworks_api.generated.auth.api import AuthApi
from linnworks_api.generated.auth.configuration import Configuration as AuthConfiguration
from linnworks_api.generated.auth.exceptions import ApiException as AuthError
from linnworks_api.generated.auth.models.authorize_by_application_request import AuthorizeByApplicationRequest
from linnworks_api.generated.inventory import base_client as inventory_client
from linnworks_api.generated.inventory.api import InventoryApi
from linnworks_api.generated.inventory.configuration import Configuration as InventoryConfiguration
from linnworks_api.generated.inventory.exceptions import ApiException as InventoryError
from linnworks_api.generated.openorders import base_client as open_client, models as open_models
from linnworks_api.generated.openorders.api import OpenOrdersApi
from linnworks_api.generated.openorders.configuration import Configuration as OpenConfiguration
from linnworks_api.generated.orders import base_client as orders_client, models as order_models
from linnworks_api.generated.orders.api import OrdersApi
from linnworks_api.generated.orders.configuration import Configuration as OrdersConfiguration
from linnworks_api.generated.processedorders import base_client as processed_client, models as processed_models
from linnworks_api.generated.processedorders.api import ProcessedOrdersApi
from linnworks_api.generated.processedorders.configuration import Configuration as ProcessedConfiguration

warnings.simplefilter("ignore")
logging.disable(logging.INFO)

HERE = situation()
NOWHERE = "00000000-0000-0000-0000-000000000000"
CALLS_PER_MINUTE = 150  # linnworks.md 2.3, of Inventory/GetStockLocations
check = Checks()

# The clients sign in through a client of their own, which knows only the default address.
AuthConfiguration.set_default(AuthConfiguration(host=HERE["address"]))


def connect(package, api, configuration, token=None):
    """An Api object that signs in by itself when it needs to."""
    config = package.LinnworksConfig(HERE["application_id"], HERE["application_secret"], token or HERE["token"])
    return api(package.LinnworksClient(config, configuration(host=HERE["address"])))


PROCESSED = connect(processed_client, ProcessedOrdersApi, ProcessedConfiguration)
ORDERS = connect(orders_client, OrdersApi, OrdersConfiguration)


def search(page, rows=20):
    """One page of processed orders of the world's days."""
    request = processed_models.SearchProcessedOrdersRequest(
        SearchTerm="",
        DateField="processed",
        FromDate=datetime.datetime.fromisoformat(HERE["from"]),
        ToDate=datetime.datetime.fromisoformat(HERE["to"]),
        PageNumber=page,
        ResultsPerPage=rows,
    )
    wrapped = processed_models.ProcessedOrdersSearchProcessedOrdersRequest(request=request)
    return PROCESSED.search_processed_orders(wrapped).processed_orders


@check
def sign_in():
    """Signing in gives a session with a server."""
    request = AuthorizeByApplicationRequest(
        ApplicationId=HERE["application_id"], ApplicationSecret=HERE["application_secret"], Token=HERE["token"])
    session = AuthApi().authorize_by_application(request)
    equal(session.server, HERE["address"])
    assert session.token and session.id


@check
def sign_in_with_a_wrong_token():
    """A token that was never given out is refused."""
    request = AuthorizeByApplicationRequest(
        ApplicationId=HERE["application_id"], ApplicationSecret=HERE["application_secret"], Token=NOWHERE)
    error = raises(AuthError, lambda: AuthApi().authorize_by_application(request))
    assert 400 <= error.status < 500, error.status


@check
def search_in_pages():
    """The pages of a search bring every order once."""
    first = search(1)
    numbers, page = [], 1
    while page <= first.total_pages:
        numbers += [row.n_order_id for row in search(page).data]
        page += 1
    assert first.total_pages > 1, "one page proves nothing"
    equal(sorted(numbers), sorted(order["number"] for order in HERE["orders"]))


@check
def details_of_orders():
    """GetOrdersById gives the orders asked for, with their totals to the penny."""
    wanted = {order["id"]: order for order in HERE["orders"]}
    found = ORDERS.get_orders_by_id(order_models.OrdersGetOrdersByIdRequest(pkOrderIds=list(wanted)))
    equal(len(found), len(wanted))
    for order in found:
        expected = wanted[str(order.order_id)]
        equal(order.num_order_id, expected["number"])
        if expected["total"] is not None:
            equal(Decimal(str(order.totals_info.total_charge)).quantize(Decimal("0.01")), Decimal(expected["total"]))
            equal(order.totals_info.currency, expected["currency"])
            assert order.items, "no lines"


@check
def details_of_no_order():
    """GetOrdersById leaves out an order that does not exist."""
    equal(ORDERS.get_orders_by_id(order_models.OrdersGetOrdersByIdRequest(pkOrderIds=[NOWHERE])), [])


@check
def open_orders():
    """GetOpenOrders answers with a page of its official form."""
    api = connect(open_client, OpenOrdersApi, OpenConfiguration)
    page = api.get_open_orders(open_models.GetOpenOrdersRequest(
        ViewId=4, LocationId=NOWHERE, EntriesPerPage=100, PageNumber=1))
    equal(page.page_number, 1)


@check
def session_of_nobody():
    """A session token that was never given out is answered 401."""
    api = connect(inventory_client, InventoryApi, InventoryConfiguration)
    api.api_client.token = NOWHERE
    raises(InventoryError, api.get_stock_locations, status=401)


@check
def too_many_calls():
    """The call after the minute's last one is answered 429 with Retry-After."""
    def impatient(**settings):
        # Left to itself the client waits as long as Retry-After says, and calls again.
        return InventoryConfiguration(retries=0, **settings)
    api = connect(inventory_client, InventoryApi, impatient)
    def use_up():
        for _ in range(CALLS_PER_MINUTE + 1):
            api.get_stock_locations()
    error = raises(InventoryError, use_up, status=429)
    assert int(error.headers["Retry-After"]) > 0


check.run()
