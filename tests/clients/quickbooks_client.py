"""Drives the simulated QuickBooks Online with intuit-oauth and python-quickbooks.

What these send is what clients in daily use send: queries by POST, backslash escapes, empty members, SyncToken as a number, batch ids
of 36 characters. In: see checks.py; the situation names address and credentials. Writes customers, sales, payments.
"""
import os
import warnings
from decimal import Decimal

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # plain http, on loopback

from checks import Checks, equal, raises, situation
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import AuthorizationException, ObjectNotFoundException, QuickbooksException
from quickbooks.objects import (
    Customer, Invoice, Item, LinkedTxn, Payment, PaymentLine, Ref, SalesItemLine, SalesItemLineDetail, SalesReceipt, TaxCode)

warnings.simplefilter("ignore")

HERE = situation()
DISCOVERY = HERE["address"] + "/.well-known/openid_configuration"
check = Checks()
made = {}


def client(**more):
    """An OAuth client that read the discovery document."""
    return AuthClient(HERE["client_id"], more.get("client_secret", HERE["client_secret"]), "http://localhost/callback", DISCOVERY)


def refresh_token():
    """The one good now: a refresh may hand out another."""
    return made["auth"].refresh_token if "auth" in made else HERE["refresh_token"]


def books():
    """The connected company."""
    return made["books"]


def customer(name):
    """A customer that is not saved yet."""
    one = Customer()
    one.DisplayName = name
    return one


def reference(identity):
    """A reference to a list object."""
    ref = Ref()
    ref.value = identity
    return ref


def fill(sale, number, quantity, price):
    """A sale of one line; python-quickbooks sends its amounts as JSON numbers."""
    line = SalesItemLine()
    line.Amount = float(Decimal(quantity) * Decimal(price))
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = reference(made["item"].Id)
    line.SalesItemLineDetail.TaxCodeRef = reference(made["tax_code"].Id)
    line.SalesItemLineDetail.Qty, line.SalesItemLineDetail.UnitPrice = quantity, float(price)
    sale.Line.append(line)
    sale.CustomerRef, sale.CurrencyRef = reference(made["customer"].Id), reference("GBP")
    sale.DocNumber, sale.TxnDate = number, "2026-05-04"
    return sale


@check
def discovery():
    """The discovery document leads to this server."""
    auth = client()
    equal(auth.token_endpoint, HERE["address"] + "/oauth2/v1/tokens/bearer")
    assert HERE["client_id"] in auth.get_authorization_url([Scopes.ACCOUNTING])
    made["auth"] = auth
    auth.refresh_token = HERE["refresh_token"]


@check
def wrong_client_secret():
    """A wrong client secret is refused at the token endpoint."""
    error = raises(AuthClientError, lambda: client(client_secret="of another").refresh(refresh_token()))
    equal(error.status_code, 401)


@check
def wrong_refresh_token():
    """A refresh token that was never given out is refused."""
    raises(AuthClientError, lambda: client().refresh("never given out"), status_code=400)


@check
def refresh():
    """A refresh gives an access token that opens the company."""
    auth = made["auth"]
    auth.refresh()
    assert auth.access_token and auth.refresh_token and auth.expires_in == 3600
    QuickBooks.api_url_v3 = HERE["address"] + "/v3"
    made["books"] = QuickBooks(auth_client=auth, refresh_token=auth.refresh_token, company_id=HERE["realm_id"], minorversion=75)
    made["item"] = Item.where("Type = 'NonInventory'", max_results=1, qb=books())[0]
    made["tax_code"] = TaxCode.where("Name = '20.0% S'", qb=books())[0]


@check
def wrong_access_token():
    """An access token that was never given out is answered 401."""
    other = client()
    other.access_token, other.refresh_token = "never given out", "none"
    company = QuickBooks(auth_client=other, company_id=HERE["realm_id"], minorversion=75)
    raises(AuthorizationException, lambda: Customer.all(qb=company))


@check
def counts_and_pages():
    """A count agrees with the rows, page by page."""
    count = Item.count(qb=books())
    first = Item.all(max_results=5, order_by="Name", qb=books())
    rest = Item.all(start_position=6, max_results=1000, order_by="Name", qb=books())
    equal(len(first), 5)
    equal(len({item.Id for item in first + rest}), count)


@check
def faulty_query():
    """A query on a member that does not exist is fault 4001."""
    raises(QuickbooksException, lambda: Customer.where("NoSuchMember = '1'", qb=books()), error_code=4001)


@check
def name_with_apostrophe():
    """A name with an apostrophe is saved and found by a query that escapes it."""
    saved = customer("Amy O'Brien's shop").save(qb=books())
    found = Customer.filter(DisplayName="Amy O'Brien's shop", qb=books())
    equal([one.Id for one in found], [saved.Id])
    made["customer"] = found[0]


@check
def name_in_use():
    """A name in use is fault 6240."""
    raises(QuickbooksException, lambda: customer("Amy O'Brien's shop").save(qb=books()), error_code=6240)


@check
def stale_sync_token():
    """An update raises SyncToken, and one with the old SyncToken is fault 5010."""
    def rename(name):
        one = customer(name)
        one.Id, one.SyncToken = made["customer"].Id, before
        return one.save(qb=books())
    before = made["customer"].SyncToken
    after = rename("Amy O'Brien's second shop")
    equal(int(after.SyncToken), int(before) + 1)
    raises(QuickbooksException, lambda: rename("Amy O'Brien's third shop"), error_code=5010)


@check
def sales_receipt_twice():
    """A sales receipt sent twice with one request id is there once, with its total."""
    ids = {fill(SalesReceipt(), "CHECK-1", 3, "8.35").save(qb=books(), request_id="receipt-1").Id for _ in range(2)}
    equal(len(ids), 1)
    found = SalesReceipt.where("DocNumber = 'CHECK-1'", qb=books())
    equal([Decimal(str(one.TotalAmt)) for one in found], [Decimal("30.06")])
    made["receipt"] = found[0]


@check
def document_number_in_use():
    """A document number in use is fault 6140."""
    raises(QuickbooksException, lambda: fill(SalesReceipt(), "CHECK-1", 1, "1.00").save(qb=books()), error_code=6140)


@check
def invoice_and_payment():
    """An invoice is paid once by a payment sent twice with one request id."""
    invoice = fill(Invoice(), "CHECK-2", 2, "10.00").save(qb=books(), request_id="invoice-1")
    equal(Decimal(str(invoice.Balance)), Decimal("24"))
    def pay():
        payment, line, link = Payment(), PaymentLine(), LinkedTxn()
        link.TxnId, link.TxnType = invoice.Id, "Invoice"
        line.Amount = payment.TotalAmt = 24.0
        line.LinkedTxn.append(link)
        payment.Line.append(line)
        payment.CustomerRef, payment.CurrencyRef = reference(made["customer"].Id), reference("GBP")
        return payment.save(qb=books(), request_id="payment-1")
    equal(len({pay().Id for _ in range(2)}), 1)
    equal(Decimal(str(Invoice.get(invoice.Id, qb=books()).Balance)), Decimal("0"))
    made["invoice"] = Invoice.get(invoice.Id, qb=books())


@check
def batch():
    """A batch answers each item: those that can be are created, one with a name in use is a fault."""
    names = ["Batch one", "Batch two", "Amy O'Brien's second shop"]
    done = batch_create([customer(name) for name in names], qb=books())
    equal((len(done.successes), len(done.faults)), (2, 1))
    equal(done.faults[0].Error[0].code, "6240")


@check
def void_of_a_sales_receipt():
    """A void leaves the sales receipt with a total of zero."""
    made["receipt"].void(qb=books())
    equal(Decimal(str(SalesReceipt.get(made["receipt"].Id, qb=books()).TotalAmt)), Decimal("0"))


@check
def deletion():
    """A deleted sales receipt is gone, and change data capture tells of it."""
    gone = fill(SalesReceipt(), "CHECK-3", 1, "1.00").save(qb=books())
    gone.delete(qb=books())
    raises(ObjectNotFoundException, lambda: SalesReceipt.get(gone.Id, qb=books()))
    changes = change_data_capture([SalesReceipt, Customer], "2026-01-01T00:00:00Z", qb=books())
    told = {one.Id: getattr(one, "status", None) for one in changes.SalesReceipt}
    equal(told[gone.Id], "Deleted")
    assert made["receipt"].Id in told and made["customer"].Id in [one.Id for one in changes.Customer]


@check
def batch_of_deletions():
    """A batch deletes."""
    doomed = [fill(SalesReceipt(), "CHECK-%d" % number, 1, "2.00").save(qb=books()) for number in (4, 5)]
    done = batch_delete(doomed, qb=books())
    equal((len(done.successes), len(done.faults)), (2, 0))
    equal(SalesReceipt.where("DocNumber IN ('CHECK-4', 'CHECK-5')", qb=books()), [])


@check
def too_many_calls():
    """More calls than the minute allows are answered 429, and nothing was written."""
    for _ in range(HERE["calls_per_minute"]):
        answer = books().session.get(HERE["address"] + "/v3/company/%s/companyinfo/%s" % (HERE["realm_id"], HERE["realm_id"]))
        if answer.status_code == 429:
            break
    equal(answer.status_code, 429)
    raises(QuickbooksException, lambda: customer("Too late").save(qb=books()))


check.run()
