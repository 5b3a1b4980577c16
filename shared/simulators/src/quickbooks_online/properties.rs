//! Which members each entity has, which of them queries may filter by, and how long texts may be.
//!
//! In: a request body. Out: fault 2010 for a member the entity does not have (quickbooks-online.md 2.1, 2.12), 2050 for a
//! text that is too long (quickbooks-online.md 3.1). The member lists are those of the published schema; the filterable ones
//! those of quickbooks-online.md 2.6. Does not check that values make sense.

use super::fault::Fault;
use super::json::Json;
use super::kind::EntityKind;

/// Members of every entity.
const BASE: &str = "Id SyncToken MetaData CustomField AttachableRef domain status sparse";

/// Members of customers and vendors.
const NAMES: &str = "IntuitId Organization Title GivenName MiddleName FamilyName Suffix FullyQualifiedName \
     CompanyName DisplayName PrintOnCheckName UserId Active V4IDPseudonym PrimaryPhone \
     AlternatePhone Mobile Fax PrimaryEmailAddr WebAddr OtherContactInfo DefaultTaxCodeRef BillAddr \
     ShipAddr OtherAddr ContactName AltContactName Notes ParentRef Balance OpenBalanceDate \
     CreditLimit AcctNum CurrencyRef TDSEnabled BusinessNumber GSTIN GSTRegistrationType Source";

/// Members of every transaction.
const TRANSACTION: &str = "DocNumber TxnDate TxnSubType DepartmentRef CurrencyRef ExchangeRate PrivateNote TxnStatus \
     LinkedTxn Line TxnTaxDetail TxnSource TaxFormType TaxFormNum TransactionLocationType Tag \
     TxnApprovalInfo RecurDataRef RecurringInfo ProjectRef TotalCostAmount HomeTotalCostAmount \
     CustomerRef RemitToRef TotalAmt ARAccountRef PaymentMethodRef PaymentRefNum PaymentType \
     CheckPayment CreditCardPayment DepositToAccountRef";

/// Members of every form with item lines.
const SALE: &str = "AutoDocNumber CustomerMemo BillAddr ShipAddr FreeFormAddress ShipFromAddr ClassRef SalesTermRef \
     DueDate SalesRepRef PONumber FOB ShipMethodRef ShipDate TrackingNum GlobalTaxCalculation \
     HomeTotalAmt ApplyTaxAfterDiscount ShippingTaxIncludedInTotalTax TemplateRef PrintStatus \
     EmailStatus BillEmail BillEmailCc BillEmailBcc Balance HomeBalance FinanceCharge DeliveryInfo \
     DiscountRate DiscountAmt GovtTxnRefIdentifier TaxExemptionRef";
/// Members of one entity alone.
fn own_members(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Customer => {
            "Taxable Job BillWithParent RootCustomerRef Level CustomerTypeRef SalesTermRef SalesRepRef \
            TaxGroupCodeRef TaxRateRef PaymentMethodRef CCDetail PriceLevelRef BalanceWithJobs \
            OverDueBalance TotalRevenue TotalExpense PreferredDeliveryMethod ResaleNum JobInfo CustomerEx \
            SecondaryTaxIdentifier ARAccountRef PrimaryTaxIdentifier TaxExemptionReasonId IsProject \
            IsCISContractor ClientCompanyId ClientEntityId TaxRegime"
        }
        EntityKind::Vendor => {
            "TaxCountry TaxIdentifier TaxIdEffectiveDate VendorTypeRef TermRef PrefillAccountRef BillRate \
            Vendor1099 T4AEligible T5018Eligible TDSEntityTypeId TDSSectionTypeId TDSOverrideThreshold \
            TaxReportingBasis APAccountRef VendorEx IsSubContractor SubcontractorType CISRate HasTPAR \
            VendorPaymentBankDetail CostRate AgencyVerificationStatus AgencyVerificationStatusMsg \
            AgencyVerificationTSUTC CompanyRegistrationNumber"
        }
        EntityKind::Item => {
            "Name Sku Description Active SubItem ParentRef Level FullyQualifiedName Taxable SalesTaxIncluded \
            PercentBased UnitPrice RatePercent Type PaymentMethodRef UOMSetRef IncomeAccountRef \
            PurchaseDesc PurchaseTaxIncluded PurchaseCost ExpenseAccountRef COGSAccountRef AssetAccountRef \
            PrefVendorRef AvgCost TrackQtyOnHand QtyOnHand QtyOnPurchaseOrder QtyOnSalesOrder ReorderPoint \
            ManPartNum DepositToAccountRef SalesTaxCodeRef PurchaseTaxCodeRef InvStartDate BuildPoint \
            PrintGroupedItems SpecialItem SpecialItemType ItemGroupDetail ItemAssemblyDetail AbatementRate \
            ReverseChargeRate ServiceType ItemCategoryType ItemEx TaxClassificationRef UQCDisplayText UQCId \
            ClassRef Source DeferredRevenue CustomExtensions"
        }
        EntityKind::Account => {
            "Name SubAccount ParentRef Description FullyQualifiedName AccountAlias TxnLocationType Active \
            Classification AccountType AccountSubType AccountPurposes AcctNum AcctNumExtn BankNum \
            OpeningBalance OpeningBalanceDate CurrentBalance CurrentBalanceWithSubAccounts CurrencyRef \
            TaxAccount TaxCodeRef OnlineBankingEnabled FIName JournalCodeRef AccountEx"
        }
        EntityKind::Class => "Name SubClass ParentRef FullyQualifiedName Active ClassEx",
        EntityKind::Department => {
            "Name SubDepartment ParentRef FullyQualifiedName Active DepartmentEx Address"
        }
        EntityKind::PaymentMethod => "Name Active Type PaymentMethodEx",
        EntityKind::Term => {
            "Name Active Type DiscountPercent DueDays DiscountDays DayOfMonthDue DueNextMonthDays \
            DiscountDayOfMonth SalesTermEx"
        }
        EntityKind::Employee => "DisplayName GivenName FamilyName Active PrintOnCheckName",
        _ if kind.is_transaction() => own_transaction_members(kind),
        _ => own_company_members(kind),
    }
}

/// Members of one of the tax and company objects alone.
fn own_company_members(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::TaxCode => {
            "Name Description Active Hidden Taxable TaxGroup SalesTaxRateList PurchaseTaxRateList \
            AdjustmentTaxRateList TaxCodeEx TaxCodeConfigType"
        }
        EntityKind::TaxRate => {
            "Name Description Active RateValue AgencyRef TaxReturnLineRef EffectiveTaxRate SpecialTaxType \
            DisplayType TaxRateEx OriginalTaxRate"
        }
        EntityKind::Preferences => {
            "AccountingInfoPrefs AdvancedInventoryPrefs ProductAndServicesPrefs SalesFormsPrefs \
            EmailMessagesPrefs PrintDocumentPrefs VendorAndPurchasesPrefs TimeTrackingPrefs TaxPrefs \
            FinanceChargesPrefs CurrencyPrefs ReportPrefs OtherPrefs"
        }
        EntityKind::CompanyInfo => {
            "CompanyName LegalName CompanyAddr CustomerCommunicationAddr LegalAddr CompanyEmailAddr \
            CustomerCommunicationEmailAddr CompanyURL PrimaryPhone OtherContactInfo CompanyFileName \
            FlavorStratum SampleFile CompanyUserId CompanyUserAdminEmail CompanyStartDate EmployerId \
            FiscalYearStartMonth TaxYearStartMonth QBVersion Country ShipAddr OtherAddr Mobile Fax Email \
            WebAddr LastImportedTime LastSyncTime SupportedLanguages DefaultTimeZone \
            MultiByteCharsSupported NameValue FifoCalculationStatus CompanyInfoEx"
        }
        EntityKind::ExchangeRate => "SourceCurrencyCode TargetCurrencyCode Rate AsOfDate ExchangeRateEx",
        EntityKind::CompanyCurrency => "Code Name Active CompanyCurrencyEx",
        EntityKind::TaxAgency => {
            "DisplayName TaxTrackedOnPurchases TaxTrackedOnSales TaxRegistrationNumber LastFileDate TaxAgencyConfig"
        }
        _ => "",
    }
}

/// Members of one transaction alone.
fn own_transaction_members(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::SalesReceipt => "SalesReceiptEx LessCIS",
        EntityKind::Invoice => {
            "Deposit AllowIPNPayment AllowOnlinePayment AllowOnlineCreditCardPayment AllowOnlineACHPayment \
            AllowOnlinePayPalPayment AllowOnlineAffirmPayment EInvoiceStatus ECloudStatusTimeStamp CfdiUse \
            Exportation GlobalInfo invoiceStatus callToAction invoiceStatusLog InvoiceEx LessCIS \
            InvoiceLink PaymentDetailsMessage ConvenienceFeeDetail EnabledSurchargeInfo \
            InvoiceLinkSecurityCode InvoiceLinkExpiryDate AutoPayEligible SchedulePayEligible \
            ScheduledPaymentId GratuityEnabled FinancingProductType SubscriptionPaymentsSetting \
            TxnRetainageDetail"
        }
        EntityKind::Payment => "UnappliedAmt ProcessPayment PaymentExtendedType PaymentEx",
        EntityKind::CreditMemo => "RemainingCredit InvoiceRef CreditMemoEx",
        EntityKind::RefundReceipt => "RemainingCredit RefundReceiptEx",
        _ => "",
    }
}

/// Members of Line.
const LINE: &str = "Id LineNum Description Amount Received LinkedTxn DetailType PaymentLineDetail \
     DiscountLineDetail TaxLineDetail SalesItemLineDetail DescriptionLineDetail \
     ItemBasedExpenseLineDetail AccountBasedExpenseLineDetail ReimburseLineDetail DepositLineDetail \
     PurchaseOrderItemLineDetail SalesOrderItemLineDetail ItemReceiptLineDetail \
     JournalEntryLineDetail GroupLineDetail SubTotalLineDetail TDSLineDetail \
     ItemAdjustmentLineDetail CustomField LineEx ProjectRef CostAmount HomeCostAmount \
     CustomExtensions";
/// Members of SalesItemLineDetail.
const SALES_ITEM_LINE: &str = "ItemRef ClassRef UnitPrice UnitCostPrice RatePercent PriceLevelRef MarkupInfo Qty UOMRef \
     ItemAccountRef InventorySiteRef TaxCodeRef TaxClassificationRef ServiceDate TaxInclusiveAmt \
     DiscountRate DiscountAmt DeferredRevenue RetainageAmount SalesItemLineDetailEx";
/// Members of DiscountLineDetail.
const DISCOUNT_LINE: &str = "DiscountRef PercentBased DiscountPercent DiscountAccountRef ServiceDate ClassRef TaxCodeRef \
     DiscountLineDetailEx";
/// Members of TxnTaxDetail.
const TAX_DETAIL: &str =
    "DefaultTaxCodeRef TxnTaxCodeRef TotalTax TaxReviewStatus TaxLine UseAutomatedSalesTax";
/// Members of TaxLineDetail.
const TAX_LINE_DETAIL: &str = "TaxRateRef PercentBased TaxPercent NetAmountTaxable TaxInclusiveAmount OverrideDeltaAmount \
     ServiceDate TaxLineDetailEx";
/// Members of PhysicalAddress.
const ADDRESS: &str = "Id Line1 Line2 Line3 Line4 Line5 City Country CountryCode County CountrySubDivisionCode \
     PostalCode PostalCodeSuffix Lat Long Tag Note";
fn has(list: &str, member: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == member)
}

/// Whether the entity has the member.
pub(super) fn is_known(kind: EntityKind, member: &str) -> bool {
    let names = kind == EntityKind::Customer || kind == EntityKind::Vendor;
    has(BASE, member)
        || (names && has(NAMES, member))
        || (kind.is_transaction() && has(TRANSACTION, member))
        || (kind.is_sale() && has(SALE, member))
        || has(own_members(kind), member)
}

/// The member as the schema spells it; queries take any case (quickbooks-online.md 2.6).
pub(super) fn spelling(kind: EntityKind, member: &str) -> Option<&'static str> {
    let mut lists = vec![BASE, own_members(kind)];
    if kind == EntityKind::Customer || kind == EntityKind::Vendor {
        lists.push(NAMES);
    }
    if kind.is_transaction() {
        lists.push(TRANSACTION);
    }
    if kind.is_sale() {
        lists.push(SALE);
    }
    lists
        .into_iter()
        .flat_map(str::split_ascii_whitespace)
        .find(|known| known.eq_ignore_ascii_case(member))
}

fn unknown(member: &str, class: &str) -> Fault {
    Fault::new(
        "2010",
        "Request has invalid or unsupported property",
        format!(
            "Property Name:Unrecognized field \"{member}\" (class com.intuit.schema.finance.v3.{class}), not marked \
             as ignorable\n specified is unsupported or invalid"
        ),
    )
}

fn check_members(value: &Json, known: &str, class: &str) -> Result<(), Fault> {
    match value.members().find(|(name, _)| !has(known, name)) {
        Some((name, _)) => Err(unknown(name, class)),
        None => Ok(()),
    }
}

/// Refuses members the entity, its lines, its tax detail or its addresses do not have.
pub(super) fn check_known(kind: EntityKind, body: &Json) -> Result<(), Fault> {
    if let Some((name, _)) = body.members().find(|(name, _)| !is_known(kind, name)) {
        return Err(unknown(name, kind.name()));
    }
    for (name, value) in body.members() {
        if name.ends_with("Addr") && !name.ends_with("EmailAddr") && name != "WebAddr" {
            check_members(value, ADDRESS, "PhysicalAddress")?;
        } else if name.ends_with("Ref") {
            check_members(value, "value name type", "ReferenceType")?;
        }
    }
    for line in body.items_at("Line") {
        check_line(line)?;
    }
    if let Some(detail) = body.get("TxnTaxDetail") {
        check_members(detail, TAX_DETAIL, "TxnTaxDetail")?;
        for line in detail.items_at("TaxLine") {
            check_line(line)?;
        }
    }
    Ok(())
}

fn check_line(line: &Json) -> Result<(), Fault> {
    check_members(line, LINE, "Line")?;
    let details = [
        ("SalesItemLineDetail", SALES_ITEM_LINE),
        ("DiscountLineDetail", DISCOUNT_LINE),
        ("TaxLineDetail", TAX_LINE_DETAIL),
    ];
    for (name, known) in details {
        if let Some(detail) = line.get(name) {
            check_members(detail, known, name)?;
        }
    }
    Ok(())
}

/// Longest texts by dotted path; those of every entity first (quickbooks-online.md 3.1).
fn limits(kind: EntityKind) -> &'static [(&'static str, usize)] {
    match kind {
        EntityKind::Customer | EntityKind::Vendor => &[
            ("DisplayName", 500),
            ("GivenName", 100),
            ("MiddleName", 100),
            ("FamilyName", 100),
            ("CompanyName", 100),
            ("Title", 16),
            ("Suffix", 16),
            ("PrintOnCheckName", 110),
            ("PrimaryPhone.FreeFormNumber", 30),
            ("PrimaryEmailAddr.Address", 100),
            ("Notes", 2000),
            ("ResaleNum", 16),
            ("AcctNum", 100),
        ],
        EntityKind::Item => &[
            ("Name", 100),
            ("Sku", 100),
            ("Description", 4000),
            ("PurchaseDesc", 1000),
        ],
        EntityKind::Account => &[("Name", 100), ("Description", 100)],
        EntityKind::Class | EntityKind::Department => &[("Name", 100)],
        EntityKind::PaymentMethod | EntityKind::Term => &[("Name", 31)],
        EntityKind::SalesReceipt
        | EntityKind::Invoice
        | EntityKind::Payment
        | EntityKind::CreditMemo
        | EntityKind::RefundReceipt => &[
            ("DocNumber", 21),
            ("PrivateNote", 4000),
            ("CustomerMemo.value", 1000),
            ("PaymentRefNum", 21),
        ],
        _ => &[],
    }
}

const ADDRESS_LIMITS: [(&str, usize); 9] = [
    ("Line1", 500),
    ("Line2", 500),
    ("Line3", 500),
    ("Line4", 500),
    ("Line5", 500),
    ("City", 255),
    ("Country", 255),
    ("CountrySubDivisionCode", 255),
    ("PostalCode", 30),
];

fn check_length(value: &Json, path: &str, max: usize) -> Result<(), Fault> {
    match value.text_at(path).map(|text| text.chars().count()) {
        Some(length) if length > max => Err(Fault::too_long(path, max, length)),
        _ => Ok(()),
    }
}

/// Refuses texts that are too long.
pub(super) fn check_lengths(kind: EntityKind, body: &Json) -> Result<(), Fault> {
    for (path, max) in limits(kind) {
        // The RefundReceipt page allows a longer reference (quickbooks-online.md 3.1).
        let longer = kind == EntityKind::RefundReceipt && *path == "PaymentRefNum";
        check_length(body, path, if longer { 100 } else { *max })?;
    }
    for address in ["BillAddr", "ShipAddr", "ShipFromAddr"] {
        if let Some(value) = body.get(address) {
            for (path, max) in ADDRESS_LIMITS {
                check_length(value, path, max)?;
            }
        }
    }
    for line in body.items_at("Line") {
        check_length(line, "Description", 4000)?;
    }
    for field in body.items_at("CustomField") {
        check_length(field, "StringValue", 31)?;
    }
    Ok(())
}

/// Refuses letters outside ISO-8859-1, the character set of US companies (quickbooks-online.md 3.0).
pub(super) fn check_latin1(value: &Json) -> Result<(), Fault> {
    match value {
        Json::Text(text) if text.chars().any(|letter| u32::from(letter) > 0xFF) => {
            let detail = "Element contains invalid characters";
            Err(Fault::new("2040", "Invalid String. The string is not a valid string", detail).at(""))
        }
        Json::Array(items) => items.iter().try_for_each(check_latin1),
        Json::Object(_) => value.members().try_for_each(|(_, member)| check_latin1(member)),
        _ => Ok(()),
    }
}

/// Members a query may filter and sort by, beside `Id` and the two times of `MetaData` (quickbooks-online.md 2.6).
pub(super) fn filterable(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Customer => {
            "DisplayName GivenName MiddleName FamilyName CompanyName PrintOnCheckName Active Balance PrimaryEmailAddr"
        }
        EntityKind::Vendor | EntityKind::Employee => "DisplayName GivenName FamilyName CompanyName Active",
        EntityKind::Item => "Name Type Taxable Active FullyQualifiedName SubItem Sku",
        EntityKind::SalesReceipt => "CustomerRef ProjectRef TxnDate DocNumber TotalAmt Balance",
        EntityKind::Invoice => {
            "CustomerRef DocNumber ProjectRef TxnDate SalesTermRef DueDate Balance TotalAmt"
        }
        EntityKind::Payment => "TotalAmt CustomerRef TxnDate PaymentMethodRef PaymentRefNum",
        EntityKind::CreditMemo => "CustomerRef ProjectRef TxnDate SalesTermRef DocNumber Balance TotalAmt",
        EntityKind::RefundReceipt => "CustomerRef ProjectRef TxnDate DocNumber PaymentType Balance TotalAmt",
        EntityKind::Account => "Name AccountType AccountSubType Classification Active FullyQualifiedName",
        EntityKind::Class | EntityKind::Department => "Active FullyQualifiedName Name",
        EntityKind::PaymentMethod | EntityKind::Term => "Active Name",
        EntityKind::TaxCode => "Name Active Description",
        EntityKind::TaxRate => "Name Active Description AgencyRef",
        EntityKind::TaxAgency => "DisplayName",
        EntityKind::CompanyCurrency => "Code Name Active",
        EntityKind::ExchangeRate => "SourceCurrencyCode AsOfDate",
        EntityKind::Preferences | EntityKind::CompanyInfo => "",
    }
}

/// Members that can be sorted by although not filtered by.
pub(super) fn is_sortable_only(kind: EntityKind, member: &str) -> bool {
    kind == EntityKind::Item && matches!(member, "UnitPrice" | "PurchaseCost")
}

/// Whether a query may filter by the member.
pub(super) fn is_filterable(kind: EntityKind, member: &str) -> bool {
    matches!(member, "Id" | "MetaData.CreateTime" | "MetaData.LastUpdatedTime")
        || has(filterable(kind), member)
}
