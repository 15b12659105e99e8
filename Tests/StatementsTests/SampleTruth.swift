/// What the sample files hold, worked out by reading them: for each file its transactions as `date amount currency`.
/// Of the longer files the first ones are listed, and how many there are.
struct SampleTruth: Sendable {
    let folder: String
    let file: String
    let count: Int
    let transactions: [String]

    init(_ folder: String, _ file: String, _ count: Int, _ transactions: String...) {
        self.folder = folder
        self.file = file
        self.count = count
        self.transactions = transactions
    }

    static let all: [SampleTruth] = [
        SampleTruth(
            "bank_csv", "actual__data-payee-memo.csv", 4, "2019-01-23 -10.00 EUR", "2019-01-23 -20.00 EUR",
            "2019-01-23 -30.00 EUR", "2019-01-23 -40.00 EUR"),
        SampleTruth(
            "bank_csv", "bank-statement-import__account_statement_import_sheet_file__tests__fixtures__balance.csv", 2,
            "2018-12-15 -33.50 EUR", "2018-12-15 1533.50 EUR"),
        SampleTruth(
            "bank_csv",
            "bank-statement-import__account_statement_import_sheet_file__tests__fixtures__empty_statement_en.csv", 0),
        SampleTruth(
            "bank_csv",
            "bank-statement-import__account_statement_import_sheet_file__tests__fixtures__meta_data_separated_credit_debit.csv",
            4, "2020-04-01 -50.00 EUR", "2020-04-01 -100.00 EUR", "2020-04-02 -80.68 EUR", "2020-04-02 1300.00 EUR"),
        SampleTruth(
            "bank_csv",
            "bank-statement-import__account_statement_import_sheet_file__tests__fixtures__original_currency_empty.csv",
            1, "2018-12-15 1525.00 EUR"),
        SampleTruth(
            "bank_csv",
            "bank-statement-import__account_statement_import_sheet_file__tests__fixtures__sample_statement_credit_card_inverse_sign_en.csv",
            2, "2018-12-15 33.50 USD", "2018-12-15 -1525.00 EUR"),
        SampleTruth(
            "bank_csv",
            "bank-statement-import__account_statement_import_sheet_file__tests__fixtures__sample_statement_en.csv", 2,
            "2018-12-15 -33.50 USD", "2018-12-15 1525.00 EUR"),
        SampleTruth(
            "bank_csv", "bank2ynab__test__test-data__20180226-1000594757-umsatz.CSV", 1, "2018-02-22 -36.99 EUR"),
        SampleTruth(
            "bank_csv", "bank2ynab__test__test-data__MonzoDataExport_February2018_2018-02-26_174335.csv", 1,
            "2018-02-25 -10.00 GBP"),
        SampleTruth(
            "bank_csv", "bank2ynab__test__test-data__Movements_1234512345_201805271848.csv", 1, "2018-05-27 -1.00 CZK"),
        SampleTruth(
            "bank_csv", "bank2ynab__test__test-data__TH_20180101-20180523_page_1.csv", 9, "1111-11-11 -111.11 CZK",
            "1111-11-11 -11.11 CZK", "1111-11-11 -11.11 CZK", "1111-11-11 -1111.11 CZK", "1111-11-11 -11.11 CZK",
            "1111-11-11 -111.11 CZK", "1111-11-11 -11.11 CZK", "1111-11-11 -111.11 CZK", "1111-11-11 -1111.11 CZK"),
        SampleTruth(
            "bank_csv", "bank2ynab__test__test-data__TH_20180101-20180523_strana_1.csv", 9, "1111-11-11 -111.11 CZK",
            "1111-11-11 -11.11 CZK", "1111-11-11 -11.11 CZK", "1111-11-11 -1111.11 CZK", "1111-11-11 -11.11 CZK",
            "1111-11-11 -111.11 CZK", "1111-11-11 -11.11 CZK", "1111-11-11 -111.11 CZK", "1111-11-11 -1111.11 CZK"),
        SampleTruth("bank_csv", "bank2ynab__test__test-data__TH_20180521-20180523.csv", 1, "1111-11-11 -111.11 CZK"),
        SampleTruth(
            "bank_csv", "bank2ynab__test__test-data__Umsaetze_KtoNr538917600_EUR_02-03-2018_1503.CSV", 1,
            "2018-03-02 -17.22 EUR"),
        SampleTruth(
            "bank_csv", "bank2ynab__test__test-data__W80844_EBH_201945.202122.csv", 2, "2019-04-19 -350.00 HUF",
            "2019-04-17 1290.00 HUF"),
        SampleTruth(
            "bank_csv", "bank2ynab__test__test-data__export_KBC-Mastercard Business Essential_20200204_1604.csv", 3,
            "2020-02-01 -16.52 EUR", "2020-01-24 35.77 EUR", "2020-01-01 -16.52 EUR"),
        SampleTruth("bank_csv", "bank2ynab__test__test-data__statement_1.csv", 1, "2018-02-10 -20.59 EUR"),
        SampleTruth(
            "bank_csv", "bank2ynab__test__test-data__test_BOI_TransactionExport.csv", 27, "2017-09-01 428.03 EUR",
            "2017-09-01 29.50 EUR", "2017-09-01 -512.00 EUR", "2017-09-04 -20.00 EUR", "2017-09-04 -2000.00 EUR",
            "2017-09-05 -0.08 EUR", "2017-09-05 -111.00 EUR", "2017-09-05 -4.22 EUR", "2017-09-07 845.92 EUR",
            "2017-09-12 -31.00 EUR", "2017-09-12 -66.00 EUR", "2017-09-13 -50.00 EUR"),
        SampleTruth(
            "bank_csv", "bank2ynab__test__test-data__test_swedebank_statement.xls", 13, "2014-10-01 -15.31 LTL",
            "2014-10-01 -9.40 LTL", "2014-10-01 -73.70 LTL", "2014-10-01 -14.86 LTL", "2014-10-01 -9.87 LTL",
            "2014-10-01 -15.39 LTL", "2014-10-01 -12.00 LTL", "2014-10-02 -20.00 LTL", "2014-10-02 -40.00 LTL",
            "2014-10-03 -10.20 LTL", "2014-10-06 -52.07 LTL", "2014-10-06 -11.90 LTL"),
        SampleTruth(
            "bank_csv", "bank2ynab__test__test-data__umsatz-1234________1234-20180227.CSV", 1, "2018-02-20 -5.00 EUR"),
        SampleTruth(
            "bank_csv", "beancount-import__testdata__source__generic_importer__csv__generic_statement.csv", 6,
            "2020-01-01 -1.00 EUR", "2020-01-01 -1.00 EUR", "2020-01-02 1.00 EUR", "2020-01-02 500.00 EUR",
            "2020-01-02 1.00 EUR", "2020-01-05 300.00 EUR"),
        SampleTruth(
            "bank_csv",
            "beancount-import__testdata__source__healthequity__data__1234567__cash-transactions-contribution.csv", 2,
            "2016-01-15 800.00 USD", "2016-03-11 1600.00 USD"),
        SampleTruth(
            "bank_csv",
            "beancount-import__testdata__source__healthequity__data__1234567__cash-transactions-distribution.csv", 0),
        SampleTruth(
            "bank_csv", "beancount-import__testdata__source__healthequity__data__1234567__cash-transactions-other.csv",
            5, "2016-01-16 -300.00 USD", "2016-01-31 0.01 USD", "2016-02-12 336.73 USD", "2016-02-29 0.02 USD",
            "2016-03-11 -1936.76 USD"),
        SampleTruth(
            "bank_csv", "beancount-import__testdata__source__healthequity__data__1234567__investment-transactions.csv",
            5, "2016-01-19 300.00 USD", "2016-02-12 -336.73 USD", "2016-03-11 1936.76 USD", "2016-03-16 10.40 USD",
            "2016-06-16 9.77 USD"),
        SampleTruth(
            "bank_csv", "beancount-import__testdata__source__mint__mint.csv", 3, "2016-08-10 -2.45 EUR",
            "2013-11-27 66.88 EUR", "2013-12-02 -66.88 EUR"),
        SampleTruth(
            "bank_csv", "camt-csv__internal__visecaparser__testdata__viseca.csv", 9, "2025-03-01 -29.00 CHF",
            "2025-04-29 -10.00 CHF", "2025-05-05 -12.90 CHF", "2025-04-26 -58.45 CHF", "2025-05-28 80.00 CHF",
            "2024-12-19 105.70 CHF", "2024-10-29 -10.00 CHF", "2024-10-27 -3.00 CHF", "2024-09-16 -111.55 CHF"),
        SampleTruth(
            "bank_csv", "csv2ofx__data__test__capitalone.csv", 2, "2016-01-02 -1000.00 EUR", "2016-01-02 1000.00 EUR"),
        SampleTruth("bank_csv", "csv2ofx__data__test__gls.csv", 1, "2017-10-10 -98.76 EUR"),
        SampleTruth(
            "bank_csv", "csv2ofx__data__test__ingesp.csv", 10, "2022-03-24 2.83 EUR", "2022-04-08 2.69 EUR",
            "2022-12-31 1.37 EUR", "2022-12-23 1394.11 EUR", "2022-05-14 -17.60 EUR", "2022-04-13 -276.89 EUR",
            "2022-07-29 -1000.00 EUR", "2022-11-26 -37.00 EUR", "2022-05-23 -219.30 EUR", "2022-11-13 500.00 EUR"),
        SampleTruth(
            "bank_csv", "csv2ofx__data__test__n26-fr.csv", 2, "2020-03-07 328.00 EUR", "2020-03-07 -328.00 EUR"),
        SampleTruth(
            "bank_csv", "csv2ofx__data__test__outbank.csv", 4, "2019-02-20 100.00 EUR", "2019-02-08 -63.89 EUR",
            "2019-01-21 -47.00 EUR", "2019-01-05 -25.00 EUR"),
        SampleTruth(
            "bank_csv", "csv2ofx__data__test__payoneer.csv", 2, "2021-05-03 -100.00 USD", "2021-05-03 120.00 USD"),
        SampleTruth(
            "bank_csv", "csv2ofx__data__test__schwab-checking.csv", 4, "2022-08-17 20.00 USD", "2022-08-14 -103.00 USD",
            "2022-08-09 -75.00 USD", "2022-08-04 -57.27 USD"),
        SampleTruth(
            "bank_csv", "csv2ofx__data__test__stripe-all.csv", 5, "2021-02-03 25.00 CAD", "2021-02-03 27.50 CAD",
            "2021-02-02 25.00 CAD", "2021-02-02 25.00 CAD", "2021-03-16 10.00 CAD"),
        SampleTruth(
            "bank_csv", "csv2ofx__data__test__stripe-default.csv", 5, "2021-02-03 25.00 CAD", "2021-02-03 27.50 CAD",
            "2021-02-02 25.00 CAD", "2021-02-02 25.00 CAD", "2021-03-16 10.00 CAD"),
        SampleTruth(
            "bank_csv", "csv2ofx__data__test__ubs-ch-fr_trimmed.csv", 3, "2019-03-31 -10.00 CHF",
            "2019-02-28 240.00 CHF", "2019-04-27 -200.00 CHF"),
        SampleTruth(
            "bank_csv", "csv2ofx__data__test__xero.csv", 13, "2015-01-23 -36000.00 EUR", "2015-01-23 -113000.00 EUR",
            "2015-01-23 36000.00 EUR", "2015-01-23 113000.00 EUR", "2015-01-24 -30000.00 EUR",
            "2015-01-24 15000.00 EUR", "2015-01-24 15000.00 EUR", "2015-01-25 -30000.00 EUR", "2015-01-25 30000.00 EUR",
            "2015-01-25 -113000.00 EUR", "2015-01-25 113000.00 EUR", "2015-02-14 209000.00 EUR"),
        SampleTruth(
            "bank_csv", "ledger__test__input__convert-test.csv", 2, "2024-01-15 -50.00 EUR", "2024-01-20 -30.00 EUR"),
        SampleTruth(
            "bank_csv", "maybe__test__fixtures__files__imports__mint.csv", 10, "2023-05-01 -78.32 EUR",
            "2023-05-02 45.67 EUR", "2023-05-03 -1500.00 EUR", "2023-05-04 2500.00 EUR", "2023-05-05 -15.75 EUR",
            "2023-05-06 -32.99 EUR", "2023-05-07 -89.50 EUR", "2023-05-08 -4.25 EUR", "2023-05-09 -49.99 EUR",
            "2023-05-10 -24.50 EUR"),
        SampleTruth(
            "bank_csv", "ofxstatement-austrian__src__ofxstatement__plugins__tests__samples__easybank-creditcard.csv", 3,
            "2013-07-02 -5.99 EUR", "2013-06-21 30.99 EUR", "2013-02-19 -22.69 EUR"),
        SampleTruth(
            "bank_csv", "ofxstatement-austrian__src__ofxstatement__plugins__tests__samples__ing-diba.csv", 6,
            "2013-12-31 12.23 EUR", "2013-12-31 -34.56 EUR", "2013-12-23 500.00 EUR", "2013-09-25 20.30 EUR",
            "2013-08-27 -1500.00 EUR", "2013-08-13 10.00 EUR"),
        SampleTruth(
            "bank_csv", "ofxstatement-austrian__src__ofxstatement__plugins__tests__samples__raiffeisen.csv", 7,
            "2013-06-28 0.58 EUR", "2013-06-28 -0.15 EUR", "2013-06-28 -0.11 EUR", "2013-06-28 -6.65 EUR",
            "2013-07-01 -175.16 EUR", "2013-07-01 -100.00 EUR", "2013-07-04 123.60 EUR"),
        SampleTruth(
            "bank_csv", "ofxstatement-de-ing__test__test_with_saldo_1.csv", 9, "2018-12-28 -5.50 EUR",
            "2018-12-28 50.00 EUR", "2018-12-27 -2.90 EUR", "2018-12-21 -1.50 EUR", "2018-12-15 -60.00 EUR",
            "2018-12-10 -150.00 EUR", "2018-12-09 -2.90 EUR", "2018-12-09 -2.90 EUR", "2018-12-09 -2.90 EUR"),
        SampleTruth(
            "bank_csv", "ofxstatement-de-ing__test__test_with_saldo_2.csv", 9, "2018-12-28 -5.50 EUR",
            "2018-12-28 50.00 EUR", "2018-12-27 -2.90 EUR", "2018-12-21 -1.50 EUR", "2018-12-15 -60.00 EUR",
            "2018-12-10 -150.00 EUR", "2018-12-09 -2.90 EUR", "2018-12-09 -2.90 EUR", "2018-12-09 -2.90 EUR"),
        SampleTruth(
            "bank_csv", "ofxstatement-de-ing__test__test_without_saldo_1.csv", 6, "2018-12-28 -5.49 EUR",
            "2018-12-28 50.00 EUR", "2018-12-27 -2.90 EUR", "2018-12-21 -1.54 EUR", "2018-12-15 -69.00 EUR",
            "2018-12-10 -152.00 EUR"),
        SampleTruth(
            "bank_csv", "ofxstatement-de-ing__test__test_without_saldo_2.csv", 6, "2018-12-28 -5.49 EUR",
            "2018-12-28 50.00 EUR", "2018-12-27 -2.90 EUR", "2018-12-21 -1.54 EUR", "2018-12-15 -69.00 EUR",
            "2018-12-10 -152.00 EUR"),
        SampleTruth(
            "bank_csv", "ofxstatement-dutch__tests__samples__Account_20190101_20200317.csv", 27, "2019-12-27 0.19 EUR",
            "2019-12-27 -0.03 EUR", "2019-09-25 0.46 EUR", "2019-09-25 -0.07 EUR", "2019-06-26 1.06 EUR",
            "2019-06-26 -0.16 EUR", "2019-06-26 4.40 EUR", "2019-06-26 -0.66 EUR", "2019-06-26 8.72 EUR",
            "2019-06-21 -334.35 EUR", "2019-06-21 -334.35 EUR", "2019-06-21 -2.00 EUR"),
        SampleTruth(
            "bank_csv", "ofxstatement-lithuanian__src__ofxstatement__plugins__tests__samples__danske.csv", 4,
            "2012-03-01 -7.80 EUR", "2012-03-01 889.81 EUR", "2012-03-06 -0.46 EUR", "2012-03-07 -881.55 EUR"),
        SampleTruth(
            "bank_csv", "ofxstatement-lithuanian__src__ofxstatement__plugins__tests__samples__swedbank.csv", 5,
            "2012-01-02 -14.34 LTL", "2012-01-02 -215.00 LTL", "2012-01-26 -12.20 LTL", "2012-01-10 1600.00 LTL",
            "2012-02-29 -300.00 LTL"),
        SampleTruth(
            "bank_csv", "ofxstatement-russian__src__ofxstatement__plugins__tests__samples__alfabank.csv", 3,
            "2017-05-31 33123.56 RUB", "2017-05-03 -50.00 RUB", "2017-05-03 -1500.00 RUB"),
        SampleTruth(
            "csv_rules", "hledger__examples__csv__apps__ynab4-rtl.csv", 2, "2022-11-07 -4.750 JOD",
            "2022-12-11 -93.210 JOD"),
        SampleTruth(
            "csv_rules", "hledger__examples__csv__banking__csb43.csv", 2, "2019-11-02 1500.00 EUR",
            "2019-11-10 -500.00 EUR"),
        SampleTruth(
            "csv_rules", "hledger__examples__csv__other__paypal-custom.csv", 7, "2019-10-01 -6.99 USD",
            "2019-10-01 6.99 USD", "2019-10-01 -7.00 USD", "2019-10-01 7.00 USD", "2019-10-19 -2.00 USD",
            "2019-10-19 2.00 USD", "2019-10-22 9.41 USD"),
        SampleTruth(
            "csv_rules", "hledger__examples__csv__sample.csv", 2, "2009-09-10 -50.00 EUR", "2009-09-11 50.00 EUR"),
    ]
}
