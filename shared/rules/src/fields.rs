//! The table of fields. Each row: constant, name, type, origin, `rw` when actions may write it, the documents that have
//! it, the list its value must be a name of, aliases (the peer's names, behaviours.md 3), where its first value is found
//! (linnworks.md 4.3, 4.4; behaviours.md 2), and what it is.
//!
//! Header fields come first, then line fields. In and out: constants only.

use crate::field::{FieldId, FieldSpec, FieldType, Kinds, Level, NameKind, Origin};

macro_rules! writable {
    (rw) => {
        true
    };
    (ro) => {
        false
    };
}

macro_rules! fields {
    (
        header { $($h:ident $hn:literal $ht:ident $ho:ident $hw:ident $hk:ident $({$hl:ident})? [$($ha:literal),*] $hs:literal $hd:literal;)+ }
        line { $($l:ident $ln:literal $lt:ident $lo:ident $lw:ident $lk:ident $({$ll:ident})? [$($la:literal),*] $ls:literal $ld:literal;)+ }
    ) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "each variant is named like its constant")]
        enum Slot { $($h,)+ $($l,)+ }

        $(#[doc = $hd] pub const $h: FieldId = FieldId(Slot::$h as u16);)+
        $(#[doc = $ld] pub const $l: FieldId = FieldId(Slot::$l as u16);)+

        /// How many fields of the table are header fields; the others are line fields.
        pub(crate) const HEADER_FIELDS: usize = [$($hn),+].len();

        const LINE_FIELDS: usize = [$($ln),+].len();

        /// Every field there is.
        pub static FIELDS: [FieldSpec; HEADER_FIELDS + LINE_FIELDS] = [
            $(FieldSpec {
                name: $hn, aliases: &[$($ha),*], level: Level::Header, field_type: FieldType::$ht, origin: Origin::$ho,
                writable: writable!($hw), kinds: Kinds::$hk, names: fields!(@names $($hl)?), source: $hs, doc: $hd,
            },)+
            $(FieldSpec {
                name: $ln, aliases: &[$($la),*], level: Level::Line, field_type: FieldType::$lt, origin: Origin::$lo,
                writable: writable!($lw), kinds: Kinds::$lk, names: fields!(@names $($ll)?), source: $ls, doc: $ld,
            },)+
        ];
    };
    (@names) => { None };
    (@names $kind:ident) => { Some(NameKind::$kind) };
}

fields! {
    header {
        ORDER_ID "order_id" Text Source ro SALES [] "pkOrderID" "The identity of the order, a guid.";
        ORDER_NUMBER "order_number" Text Source ro SALES ["number"] "NumOrderId" "The number of the order in Linnworks.";
        ORDER_BOOK "order_book" Text Source ro SALES [] "bProcessed" "`open` or `processed`.";
        ORDER_KIND "order_kind" Text Source ro SALES [] "IsResend, IsExchange" "`sale`, `resend` or `exchange`.";
        HOLD_OR_CANCEL "hold_or_cancel" Text Source ro SALES [] "HoldOrCancel" "`yes` when on hold (open) or cancelled (processed), else `no`.";
        ORDER_STATUS "order_status" Text Source ro SALES ["status", "payment status"] "GeneralInfo.Status" "`unpaid`, `paid`, `return`, `pending` or `resend`.";
        REFERENCE "reference" Text Source ro SALES ["reference number", "reference_num"] "GeneralInfo.ReferenceNum" "The number that the channel gave.";
        SECONDARY_REFERENCE "secondary_reference" Text Source ro SALES [] "GeneralInfo.SecondaryReference" "The second reference.";
        EXTERNAL_REFERENCE "external_reference" Text Source ro SALES ["external_reference_num"] "GeneralInfo.ExternalReferenceNum" "The external reference.";
        SOURCE "source" Text Source ro SALES ["selling channel", "selling channel name", "channel"] "GeneralInfo.Source" "The channel, such as AMAZON.";
        SUB_SOURCE "sub_source" Text Source ro SALES ["order source WH", "source WH"] "GeneralInfo.SubSource" "The account on the channel.";
        SITE_CODE "site_code" Text Source ro SALES [] "GeneralInfo.SiteCode" "The channel's site, such as Amazon UK.";
        RECEIVED_DATE "received_date" Date Source ro SALES ["order date", "order creation date", "creation date"] "GeneralInfo.ReceivedDate" "The day it was placed, in the time zone of the settings.";
        PROCESSED_DATE "processed_date" Date Source ro SALES ["despatched date"] "ProcessedDateTime" "The day it was despatched.";
        PAID_DATE "paid_date" Date Source ro SALES ["payment date"] "PaidDateTime" "The day it was marked paid.";
        DESPATCH_BY_DATE "despatch_by_date" Date Source ro SALES [] "GeneralInfo.DespatchByDate" "The day by which it is to be despatched.";
        CANCELLED_DATE "cancelled_date" Date Source ro SALES [] "CancelledOn" "The day it was cancelled.";
        FULFILMENT_LOCATION "fulfilment_location" Text Source ro DOCUMENTS ["linnworks location", "warehouse"] "FulfilmentLocationId" "The Linnworks location by name.";
        TAX_ID "tax_id" Text Source ro SALES ["buyer tax number"] "TaxId" "The buyer's tax number.";
        FOLDERS "folders" List Source ro SALES ["folder", "folder_name"] "FolderName" "The folders it lies in.";
        IDENTIFIERS "identifiers" List Source ro SALES ["tags"] "GeneralInfo.Identifiers" "Its identifier tags, such as Prime.";
        NOTES "notes" List Source ro DOCUMENTS ["note"] "Notes" "The texts of its notes.";
        SHIPPING_VENDOR "shipping_vendor" Text Source ro SALES ["courier"] "ShippingInfo.Vendor" "The courier.";
        SHIPPING_SERVICE "shipping_service" Text Source ro SALES ["shipping method", "postal service"] "ShippingInfo.PostalServiceName" "The postal service.";
        TRACKING_NUMBER "tracking_number" Text Source ro SALES [] "ShippingInfo.TrackingNumber" "The tracking number.";
        TOTAL_WEIGHT "total_weight" Number Source ro SALES ["weight"] "ShippingInfo.TotalWeight" "The weight of the parcel.";
        PACKAGE_TYPE "package_type" Text Source ro SALES [] "ShippingInfo.PackageType" "The package type.";
        CHANNEL_BUYER_NAME "channel_buyer_name" Text Source ro SALES [] "CustomerInfo.ChannelBuyerName" "The buyer's name on the channel.";
        SHIPPING_FULL_NAME "shipping_full_name" Text Source ro SALES ["shipping name"] "CustomerInfo.Address.FullName" "Name at the delivery address.";
        SHIPPING_COMPANY "shipping_company" Text Source ro SALES [] "CustomerInfo.Address.Company" "Company at the delivery address.";
        SHIPPING_ADDRESS_1 "shipping_address_1" Text Source ro SALES ["shipping address line 1"] "CustomerInfo.Address.Address1" "First line of the delivery address.";
        SHIPPING_ADDRESS_2 "shipping_address_2" Text Source ro SALES ["shipping address line 2"] "CustomerInfo.Address.Address2" "Second line of the delivery address.";
        SHIPPING_ADDRESS_3 "shipping_address_3" Text Source ro SALES ["shipping address line 3"] "CustomerInfo.Address.Address3" "Third line of the delivery address.";
        SHIPPING_TOWN "shipping_town" Text Source ro SALES ["shipping city"] "CustomerInfo.Address.Town" "Town of the delivery address.";
        SHIPPING_REGION "shipping_region" Text Source ro SALES ["shipping state", "shipping county"] "CustomerInfo.Address.Region" "Region, county or state of the delivery address.";
        SHIPPING_POSTAL_CODE "shipping_postal_code" Text Source ro SALES ["shipping postcode", "shipping zip"] "CustomerInfo.Address.PostCode" "Postal code of the delivery address, as text.";
        SHIPPING_COUNTRY "shipping_country" Text Source ro SALES [] "CustomerInfo.Address.Country" "Country of the delivery address, by name.";
        SHIPPING_COUNTRY_CODE "shipping_country_code" Text Source ro SALES ["shipping country two letter"] "CustomerInfo.Address.Country" "Country of the delivery address in two letters (ISO 3166), such as GB.";
        SHIPPING_EMAIL "shipping_email" Text Source ro SALES [] "CustomerInfo.Address.EmailAddress" "E-mail address at the delivery address.";
        SHIPPING_PHONE "shipping_phone" Text Source ro SALES [] "CustomerInfo.Address.PhoneNumber" "Telephone at the delivery address.";
        BILLING_FULL_NAME "billing_full_name" Text Source rw SALES ["billing name"] "CustomerInfo.BillingAddress.FullName" "Name at the billing address.";
        BILLING_COMPANY "billing_company" Text Source rw SALES ["billing address company"] "CustomerInfo.BillingAddress.Company" "Company at the billing address; some customer modes match by it.";
        BILLING_ADDRESS_1 "billing_address_1" Text Source ro SALES ["billing address line 1"] "CustomerInfo.BillingAddress.Address1" "First line of the billing address.";
        BILLING_ADDRESS_2 "billing_address_2" Text Source ro SALES ["billing address line 2"] "CustomerInfo.BillingAddress.Address2" "Second line of the billing address.";
        BILLING_ADDRESS_3 "billing_address_3" Text Source ro SALES ["billing address line 3"] "CustomerInfo.BillingAddress.Address3" "Third line of the billing address.";
        BILLING_TOWN "billing_town" Text Source ro SALES ["billing city"] "CustomerInfo.BillingAddress.Town" "Town of the billing address.";
        BILLING_REGION "billing_region" Text Source ro SALES ["billing state", "billing county"] "CustomerInfo.BillingAddress.Region" "Region, county or state of the billing address.";
        BILLING_POSTAL_CODE "billing_postal_code" Text Source ro SALES ["billing postcode", "billing zip"] "CustomerInfo.BillingAddress.PostCode" "Postal code of the billing address, as text.";
        BILLING_COUNTRY "billing_country" Text Source ro SALES [] "CustomerInfo.BillingAddress.Country" "Country of the billing address, by name.";
        BILLING_COUNTRY_CODE "billing_country_code" Text Source ro SALES ["billing country two letter"] "CustomerInfo.BillingAddress.Country" "Country of the billing address in two letters (ISO 3166), such as GB.";
        BILLING_EMAIL "billing_email" Text Source ro SALES ["customer email", "email"] "CustomerInfo.BillingAddress.EmailAddress" "E-mail address at the billing address.";
        BILLING_PHONE "billing_phone" Text Source ro SALES ["customer phone", "phone"] "CustomerInfo.BillingAddress.PhoneNumber" "Telephone at the billing address.";
        ORDER_CURRENCY "order_currency" Text Source ro DOCUMENTS ["order currency code"] "TotalsInfo.Currency" "Currency of the order, such as GBP.";
        SUBTOTAL "subtotal" Money Source ro SALES [] "TotalsInfo.Subtotal" "Items without tax, after discount.";
        POSTAGE_COST "postage_cost" Money Source ro DOCUMENTS [] "TotalsInfo.PostageCost" "Postage with tax, as the order has it.";
        POSTAGE_COST_EX_TAX "postage_cost_ex_tax" Money Source ro SALES [] "TotalsInfo.PostageCostExTax" "Postage without tax.";
        TOTAL_TAX "total_tax" Money Source ro DOCUMENTS ["tax", "tax paid"] "TotalsInfo.Tax" "Tax of the order.";
        TOTAL_CHARGE "total_charge" Money Source ro DOCUMENTS ["order total", "total", "total cost"] "TotalsInfo.TotalCharge" "What the buyer pays.";
        TOTAL_DISCOUNT "total_discount" Money Source ro SALES ["discount amount"] "TotalsInfo.TotalDiscount" "Discount of the order.";
        COUNTRY_TAX_RATE "country_tax_rate" Number Source ro SALES [] "TotalsInfo.CountryTaxRate" "Tax rate of the destination country, percent.";
        CONVERSION_RATE "conversion_rate" Number Source ro DOCUMENTS [] "TotalsInfo.ConversionRate" "Order currency to system currency, as set when saved.";
        ORDER_PAYMENT_METHOD "order_payment_method" Text Source ro SALES [] "TotalsInfo.PaymentMethod" "Payment method by its name in Linnworks.";
        REFUND_REASON "refund_reason" Text Source ro REFUND ["reason"] "RefundReason" "Why the money was given back.";
        REFUND_AMOUNT "refund_amount" Money Source ro REFUND [] "Amount" "The money given back.";
        SUPPLIER_NAME "supplier_name" Text Source ro PURCHASE ["vendor", "manufacturer name", "supplier"] "Supplier.SupplierName" "The supplier.";
        SUPPLIER_CONTACT "supplier_contact" Text Source ro PURCHASE ["contact name"] "Supplier.ContactName" "The supplier's contact.";
        SUPPLIER_COUNTRY "supplier_country" Text Source ro PURCHASE ["country name", "country"] "Supplier.Country" "The supplier's country, by name.";
        SUPPLIER_COUNTRY_CODE "supplier_country_code" Text Source ro PURCHASE [] "Supplier.Country" "The supplier's country in two letters.";
        SUPPLIER_REFERENCE "supplier_reference" Text Source ro PURCHASE ["supplier reference number"] "SupplierReferenceNumber" "The supplier's reference.";
        PURCHASE_REFERENCE "purchase_reference" Text Source ro PURCHASE ["external invoice number", "order number", "po number"] "ExternalInvoiceNumber" "The reference of the purchase order; a person can edit it.";
        PURCHASE_STATUS "purchase_status" Text Source ro PURCHASE ["order status", "status"] "Status" "`pending`, `open`, `partial` or `delivered`.";
        PURCHASE_DATE "purchase_date" Date Source ro PURCHASE ["creation date", "order date", "date of purchase"] "DateOfPurchase" "The day of purchase.";
        DELIVERY_DATE "delivery_date" Date Source ro PURCHASE ["modified date", "date of delivery"] "DateOfDelivery" "The day of delivery; equals the day of purchase until all is delivered.";
        QUOTED_DELIVERY_DATE "quoted_delivery_date" Date Source ro PURCHASE [] "QuotedDeliveryDate" "The day delivery is expected.";
        DOCUMENT_TYPE "document_type" Text Mapped rw DOCUMENTS ["transaction type"] "setting document.type" "What it becomes: `sales_receipt`, `invoice`, `invoice_with_payment`, `sales_order`, `estimate`; refunds `credit_memo`, `refund_receipt`; purchases `bill`, `purchase_order`.";
        DOCUMENT_NUMBER "document_number" Text Mapped rw DOCUMENTS ["doc number", "ref number"] "setting document.number_from" "The number of the document, without its prefix.";
        NUMBER_PREFIX "number_prefix" Text Mapped rw DOCUMENTS ["order prefix", "prefix"] "setting document.number_prefix" "Text before the number.";
        DATE "date" Date Mapped rw DOCUMENTS ["transaction date", "txn date", "document date"] "setting document.date_from" "The date of the document.";
        DUE_DATE "due_date" Date Mapped rw DOCUMENTS [] "terms" "The day an invoice or bill is due.";
        SHIP_DATE "ship_date" Date Mapped rw DOCUMENTS ["shipping date"] "ProcessedDateTime" "The date of despatch on the document; setting it to nothing removes it.";
        STORE_NAME "store_name" Text Mapped rw DOCUMENTS ["store", "location name"] "GeneralInfo.Source, or setting channel.store_name" "The store, from which customer modes make the customer.";
        CUSTOMER_NAME "customer_name" Text Mapped rw SALES ["customer"] "setting customer.mode" "The customer by name; when a rule writes it, it stands before the customer mode.";
        CUSTOMER_TAX_CODE "customer_tax_code" Text Mapped rw SALES {TaxCode} ["sales tax code"] "" "Tax code of the customer (US: the document's).";
        CLASS "class" Text Mapped rw DOCUMENTS {Class} ["order class"] "setting class.name" "Class of the document.";
        LOCATION "location" Text Mapped rw DOCUMENTS {Location} ["department"] "setting location.name" "QuickBooks location of the document.";
        DEPOSIT_ACCOUNT "deposit_account" Text Mapped rw SALES {Account} ["order deposit account", "deposit to", "deposit to account"] "setting payment.deposit_account" "Account where the money lies.";
        RECEIVABLE_ACCOUNT "receivable_account" Text Mapped rw SALES {Account} ["a/r account", "order a/r account", "accounts receivable"] "" "Accounts receivable account of an invoice.";
        PAYMENT_METHOD "payment_method" Text Mapped rw SALES {PaymentMethod} [] "TotalsInfo.PaymentMethod, setting payment.method" "Payment method of the document; until a rule writes it, the name in Linnworks.";
        PAYMENT_REFERENCE "payment_reference" Text Mapped rw SALES ["payment reference number"] "GeneralInfo.ReferenceNum" "Reference of the payment.";
        CURRENCY "currency" Text Mapped rw DOCUMENTS ["currency code"] "TotalsInfo.Currency" "Currency of the document, such as GBP.";
        TERMS "terms" Text Mapped rw DOCUMENTS {Terms} ["sales terms"] "setting document.terms" "Terms of the document.";
        SHIPPING_ITEM "shipping_item" Text Mapped rw DOCUMENTS {Item} ["shipping line item"] "setting shipping.item" "Item of the shipping line.";
        SHIPPING_AMOUNT "shipping_amount" Money Mapped rw DOCUMENTS [] "TotalsInfo.PostageCost" "Amount of the shipping line, with tax.";
        SHIPPING_TAX_CODE "shipping_tax_code" Text Mapped rw DOCUMENTS {TaxCode} ["shipping line tax code"] "setting tax.codes" "Tax code of the shipping line.";
        DISCOUNT_ITEM "discount_item" Text Mapped rw SALES {Item} ["discount", "discount code"] "setting discount.item" "Item of the discount line.";
        DISCOUNT_TAX_CODE "discount_tax_code" Text Mapped rw SALES {TaxCode} [] "setting tax.codes" "Tax code of the discount line.";
        SHIP_METHOD "ship_method" Text Mapped rw SALES [] "ShippingInfo.PostalServiceName" "Shipping method as the document shows it.";
        MEMO "memo" Text Mapped rw DOCUMENTS ["private note"] "" "Note that the buyer does not see.";
        CUSTOMER_MEMO "customer_memo" Text Mapped rw DOCUMENTS ["customer message"] "setting document.customer_memo" "Memo that the buyer sees.";
        PRODUCT_SKU "product_sku" Text Source ro STOCK ["sku"] "Item.Sku" "SKU of the QuickBooks item.";
        PRODUCT_NAME "product_name" Text Source ro STOCK ["name", "item"] "Item.FullyQualifiedName" "Full name of the QuickBooks item.";
        PRODUCT_TYPE "product_type" Text Source ro STOCK ["item type"] "Item.Type" "Type of the QuickBooks item, such as Inventory.";
        QUANTITY_ON_HAND "quantity_on_hand" Number Source ro STOCK [] "Item.QtyOnHand" "What QuickBooks has.";
        STOCK_SKU "stock_sku" Text Mapped rw STOCK ["linnworks sku"] "Item.Sku" "SKU in Linnworks whose level is set.";
        STOCK_LEVEL "stock_level" Number Mapped rw STOCK ["quantity", "stock quantity"] "Item.QtyOnHand, settings of stock" "The level that Linnworks is to get.";
        STOCK_LOCATION "stock_location" Text Mapped rw STOCK {StockLocation} ["location", "linnworks location"] "settings of stock" "The Linnworks location whose level is set.";
    }
    line {
        SKU "sku" Text Source rw DOCUMENTS {Item} ["product sku", "item sku"] "Items.SKU" "SKU of the line; what it is when the rules have run is looked up in QuickBooks.";
        CHANNEL_SKU "channel_sku" Text Source ro SALES [] "Items.ChannelSKU" "SKU on the channel.";
        ITEM_NUMBER "item_number" Text Source ro SALES [] "Items.ItemNumber" "Item number on the channel.";
        TITLE "title" Text Source ro DOCUMENTS ["product name", "item title", "name"] "Items.Title" "Title of the product.";
        CHANNEL_TITLE "channel_title" Text Source ro SALES [] "Items.ChannelTitle" "Title on the channel.";
        BARCODE "barcode" Text Source ro DOCUMENTS [] "Items.BarcodeNumber" "Barcode.";
        CATEGORY "category" Text Source ro DOCUMENTS [] "Items.CategoryName" "Category of the product.";
        QUANTITY "quantity" Number Source rw DOCUMENTS [] "Items.Quantity" "How many; actions that change it keep the line's total.";
        PRICE_PER_UNIT "price_per_unit" Number Source ro DOCUMENTS ["unit price", "price"] "Items.PricePerUnit" "Unit price as shown; the line's total decides (linnworks.md 4.4).";
        UNIT_COST "unit_cost" Number Source ro DOCUMENTS [] "Items.UnitCost" "Purchase cost of one.";
        DISCOUNT_PERCENT "discount_percent" Number Source ro SALES [] "Items.Discount" "Discount of the line, percent.";
        DISCOUNT_VALUE "discount_value" Money Source ro SALES [] "Items.DiscountValue" "Discount of the line.";
        TAX_RATE "tax_rate" Number Source ro DOCUMENTS [] "Items.TaxRate" "Tax rate of the line, percent.";
        LINE_NET "line_net" Money Source ro DOCUMENTS ["cost"] "Items.Cost" "Line total without tax, after discount.";
        LINE_TOTAL "line_total" Money Source ro DOCUMENTS ["cost_inc_tax", "line amount"] "Items.CostIncTax" "Line total with tax, after discount.";
        IS_SERVICE "is_service" Text Source ro SALES [] "Items.IsService" "`yes` when there is no stock behind it, else `no`.";
        IS_UNLINKED "is_unlinked" Text Source ro SALES [] "Items.IsUnlinked" "`yes` when it is not linked to a stock item, else `no`.";
        BIN_RACK "bin_rack" Text Source ro SALES [] "Items.BinRack" "Bin and rack in Linnworks.";
        OPTIONS "options" List Source ro SALES ["option"] "Items.AdditionalInfo" "Options such as `Size: L`.";
        ITEM "item" Text Mapped rw DOCUMENTS {Item} ["quickbooks item"] "settings of [product]" "QuickBooks item by full name; when a rule writes it, it stands before the SKU.";
        DESCRIPTION "description" Text Mapped rw DOCUMENTS ["product description"] "Items.Title" "Description on the document's line.";
        LINE_CLASS "line_class" Text Mapped rw DOCUMENTS {Class} ["class on line items", "line item class", "order detail class"] "setting class.name" "Class of the line.";
        TAX_CODE "tax_code" Text Mapped rw DOCUMENTS {TaxCode} ["item tax code", "order item tax code"] "setting tax.codes" "Tax code of the line.";
        UNIT_OF_MEASURE "unit_of_measure" Text Mapped rw DOCUMENTS ["u/m", "uom"] "" "Unit of measure of the line (Desktop).";
        SITE "site" Text Mapped rw DOCUMENTS {Site} ["inventory site"] "" "Inventory site of the line (Desktop).";
        BIN "bin" Text Mapped rw DOCUMENTS [] "" "Bin of the line's site (Desktop).";
    }
}
