extension BankSample {
    static let overseas: [BankSample] = [
        BankSample(
            "Chase checking",
            """
            Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #
            DEBIT,03/31/2026,"TRADER JOE'S #123",-45.67,DEBIT_CARD,954.33,,
            CREDIT,03/30/2026,"PAYROLL ACME",1000.00,ACH_CREDIT,1000.00,,

            """, "2026-03-31 -45.67 EUR TRADER", "2026-03-30 1000.00 EUR PAYROLL"),
        BankSample(
            "Chase card",
            """
            Transaction Date,Post Date,Description,Category,Type,Amount,Memo
            03/29/2026,03/31/2026,STARBUCKS,Food & Drink,Sale,-5.75,
            03/28/2026,03/28/2026,Payment Thank You - Web,,Payment,100.00,

            """, "2026-03-31 -5.75 EUR STARBUCKS", "2026-03-28 100.00 EUR Payment"),
        BankSample(
            "Bank of America",
            """
            Description,,Summary Amt.
            Beginning balance as of 03/01/2026,,"1,000.00"
            Total credits,,"500.00"
            Total debits,,"-45.67"
            Ending balance as of 03/31/2026,,"1,454.33"

            Date,Description,Amount,Running Bal.
            03/01/2026,Beginning balance as of 03/01/2026,,"1,000.00"
            03/15/2026,"SHELL OIL","-45.67","954.33"
            03/30/2026,"DEPOSIT","500.00","1,454.33"

            """, "2026-03-15 -45.67 EUR SHELL", "2026-03-30 500.00 EUR DEPOSIT"),
        BankSample(
            "Wells Fargo, without a header",
            """
            "03/31/2026","-25.00","*","","PURCHASE TARGET"
            "03/30/2026","1500.00","*","","DIRECT DEPOSIT"
            "03/29/2026","-60.00","*","1234","CHECK # 1234"

            """, "2026-03-31 -25.00 EUR TARGET", "2026-03-30 1500.00 EUR DEPOSIT", "2026-03-29 -60.00 EUR CHECK"),
        BankSample(
            "Citi",
            """
            Status,Date,Description,Debit,Credit,Member Name
            Cleared,03/31/2026,"COSTCO",120.50,,JANE
            Cleared,03/30/2026,"PAYMENT",,-500.00,JANE
            Pending,03/31/2026,"UBER",14.00,,JANE

            """, "2026-03-31 -120.50 EUR COSTCO", "2026-03-30 500.00 EUR PAYMENT"),
        BankSample(
            "American Express",
            """
            Date,Description,Card Member,Account #,Amount
            03/31/2026,WHOLE FOODS,JANE DOE,-41007,88.10
            03/30/2026,AUTOPAY PAYMENT - THANK YOU,JANE DOE,-41007,-500.00
            03/29/2026,DELTA AIR,JANE DOE,-41007,412.00
            03/28/2026,LYFT,JANE DOE,-41007,12.00

            """, "2026-03-31 -88.10 EUR WHOLE", "2026-03-30 500.00 EUR AUTOPAY", "2026-03-29 -412.00 EUR DELTA",
            "2026-03-28 -12.00 EUR LYFT"),
        BankSample(
            "Discover",
            """
            Trans. Date,Post Date,Description,Amount,Category
            03/29/2026,03/30/2026,"KROGER",54.32,"Supermarkets"
            03/28/2026,03/29/2026,"INTERNET PAYMENT - THANK YOU",-200.00,"Payments and Credits"
            03/27/2026,03/28/2026,"HULU",7.99,"Services"
            03/26/2026,03/27/2026,"EXXON",40.00,"Gasoline"

            """, "2026-03-30 -54.32 EUR KROGER", "2026-03-29 200.00 EUR PAYMENT", "2026-03-28 -7.99 EUR HULU",
            "2026-03-27 -40.00 EUR EXXON"),
        BankSample(
            "Capital One 360",
            """
            Account Number,Transaction Description,Transaction Date,Transaction Type,Transaction Amount,Balance
            1234,Withdrawal from VENMO,03/31/26,Debit,20.00,980.00
            1234,Deposit from ACME,03/30/26,Credit,1000.00,1000.00

            """, "2026-03-31 -20.00 EUR VENMO", "2026-03-30 1000.00 EUR ACME"),
        BankSample(
            "USAA",
            """
            Date,Description,Original Description,Category,Amount,Status
            2026-03-31,"Aldi","ALDI 12345","Groceries",-32.10,Posted
            2026-03-30,"Paycheck","ACME PAYROLL","Income",1200.00,Posted
            2026-03-31,"Gas","SHELL","Gas",-10.00,Pending

            """, "2026-03-31 -32.10 EUR Aldi", "2026-03-30 1200.00 EUR Paycheck"),
        BankSample(
            "Venmo",
            """
            Account Statement - (@jane) ,,,,,,,,,,,,,,,,,
            Account Activity,,,,,,,,,,,,,,,,,
            ,ID,Datetime,Type,Status,Note,From,To,Amount (total),Amount (tip),Amount (fee),Funding Source,Destination,Beginning Balance,Ending Balance,Statement Period Venmo Fees,Terminal Location,Year to Date Venmo Fees,Disclaimer
            ,,,,,,,,,,,,,$100.00,,,,,
            ,3111,2026-03-30T12:00:00,Payment,Complete,Pizza,Jane,Bob,- $15.00,,,Venmo balance,,,,,Venmo,,
            ,3112,2026-03-31T12:00:00,Payment,Complete,Rent,Al,Jane,+ $500.00,,,,Venmo balance,,,,Venmo,,
            ,,,,,,,,,,,,,,$585.00,$0.00,,$0.00,"footer"

            """, "2026-03-30 -15.00 USD Pizza", "2026-03-31 500.00 USD Rent"),
        BankSample(
            "RBC",
            """
            "Account Type","Account Number","Transaction Date","Cheque Number","Description 1","Description 2","CAD$","USD$"
            Chequing,01234-1234567,3/31/2026,,"METRO","MONTREAL",-34.56,,
            Chequing,01234-1234567,3/30/2026,,"PAYROLL","ACME",1000.00,,

            """, "2026-03-31 -34.56 CAD METRO", "2026-03-30 1000.00 CAD PAYROLL"),
        BankSample(
            "TD, without a header",
            """
            03/31/2026,TIM HORTONS #12,3.45,,996.55
            03/30/2026,PAYROLL,,1000.00,1000.00
            03/29/2026,HYDRO,88.00,,0.00

            """, "2026-03-31 -3.45 EUR TIM", "2026-03-30 1000.00 EUR PAYROLL", "2026-03-29 -88.00 EUR HYDRO"),
        BankSample(
            "BMO",
            """
            Following data is valid as of 20260331120000 (Year/Month/Day/Hour/Minute/Second)


            First Bank Card,Transaction Type,Date Posted, Transaction Amount,Description

            '5191',DEBIT,20260331,-45.00,[PR]LOBLAWS
            '5191',CREDIT,20260330,1200.00,[DN]ACME PAY

            """, "2026-03-31 -45.00 EUR LOBLAWS", "2026-03-30 1200.00 EUR ACME"),
        BankSample(
            "Nubank",
            """
            date,title,amount
            2026-03-31,Uber,23.50
            2026-03-30,Pagamento recebido,-500.00
            2026-03-29,Mercado,150.20
            2026-03-28,iFood,40.00

            """, "2026-03-31 -23.50 EUR Uber", "2026-03-30 500.00 EUR Pagamento", "2026-03-29 -150.20 EUR Mercado",
            "2026-03-28 -40.00 EUR iFood"),
        BankSample(
            "Nubank conta",
            """
            Data,Valor,Identificador,Descrição
            31/03/2026,-45.90,6601-a,Compra no débito - PADARIA
            30/03/2026,1500.00,6601-b,Transferência recebida - EMPRESA

            """, "2026-03-31 -45.90 EUR PADARIA", "2026-03-30 1500.00 EUR EMPRESA"),
        BankSample(
            "Banco Inter",
            """
             Extrato Conta Corrente
            Conta ;12345678
            Período ;01/03/2026 a 31/03/2026
            Saldo ;1.234,56

            Data Lançamento;Histórico;Descrição;Valor;Saldo
            31/03/2026;Pix enviado ;Maria;-1.100,00;134,56
            30/03/2026;Pix recebido;José;2.234,56;1.234,56

            """, "2026-03-31 -1100.00 EUR Maria", "2026-03-30 2234.56 EUR José"),
        BankSample(
            "Banco do Brasil",
            """
            "Data","Dependencia Origem","Histórico","Data do Balancete","Número do documento","Valor",
            "02/03/2026","","Saldo Anterior","","0","1000.00",
            "03/03/2026","0000-00","Compra com Cartão - PADARIA","","123","-12.50",
            "31/03/2026","0000-00","Pix - Recebido","","124","100.00",
            "31/03/2026","","S A L D O","","0","1087.50",

            """, "2026-03-03 -12.50 EUR PADARIA", "2026-03-31 100.00 EUR Pix"),
        BankSample(
            "HDFC Bank",
            """
            Date,Narration,Value Dat,Debit Amount,Credit Amount,Chq/Ref Number,Closing Balance
             31/03/26 ,UPI-ZOMATO-ZOMATO@HDFC,31/03/26 ,          450.00 ,0.00 ,0000609012345678,1,24,550.00
             30/03/26 ,NEFT CR-SALARY,30/03/26 ,0.00 ,      125000.00 ,0000609012345679,1,25,000.00

            """, "2026-03-31 -450.00 EUR ZOMATO", "2026-03-30 125000.00 EUR SALARY"),
        BankSample(
            "ICICI Bank",
            """
            ,,,,,,,,
            ,DETAILED STATEMENT,,,,,,,
            ,Account Number,,"001234567890 ( INR )  - RAVI",,,,,
            ,S No.,Value Date,Transaction Date,Cheque Number,Transaction Remarks,Withdrawal Amount(INR),Deposit Amount(INR),Balance(INR)
            ,1,31/03/2026,31/03/2026,,UPI/SWIGGY,"1,245.50",0,"98,754.50"
            ,2,30/03/2026,30/03/2026,,NEFT SALARY,0,"1,00,000.00","1,00,000.00"

            """, "2026-03-31 -1245.50 INR SWIGGY", "2026-03-30 100000.00 INR SALARY"),
        BankSample(
            "State Bank of India",
            """
            Account Number\t:\t_00000012345678901
            Account Description\t:\tREGULAR SB
            Balance on 1 Mar 2026\t:\t10,000.00

            Txn Date\tValue Date\tDescription\tRef No./Cheque No.\t        Debit\tCredit\tBalance
            31 Mar 2026\t31 Mar 2026\tBY DEBIT CARD-DMART--\t\t1,250.00\t \t8,750.00
            30 Mar 2026\t30 Mar 2026\tBY TRANSFER-NEFT--\t\t \t500.00\t10,500.00
            **This is a computer generated statement and does not require a signature

            """, "2026-03-31 -1250.00 EUR DMART", "2026-03-30 500.00 EUR NEFT"),
        BankSample(
            "Axis Bank",
            """
            Name :- RAVI
            Statement of Account No - 910010012345678 for the period (From : 01-03-2026 To : 31-03-2026)

            Tran Date,CHQNO,PARTICULARS,DR,CR,BAL,SOL
            31-03-2026,-,UPI/BIGBASKET, 899.00, ,9101.00,123
            30-03-2026,-,SALARY, ,10000.00,10000.00,123

            Unless the constituent notifies the bank immediately,,,,,,

            """, "2026-03-31 -899.00 EUR BIGBASKET", "2026-03-30 10000.00 EUR SALARY"),
        BankSample(
            "DBS",
            """

            Account Details For:,DBS Savings Plus Account XXX
            Statement as at:,31 Mar 2026

            Available Balance:,13490.75
            Ledger Balance:,13532.14

            Transaction Date,Reference,Debit Amount,Credit Amount,Transaction Ref1,Transaction Ref2,Transaction Ref3


            31 Mar 2026,MST, 34.65, ,COLD STORAGE  NG 30MAR,4628-4500-,,
            30 Mar 2026,GRO, ,2603.31,SALARY,bla,,


            """, "2026-03-31 -34.65 EUR COLD", "2026-03-30 2603.31 EUR SALARY"),
        BankSample(
            "三菱UFJ銀行",
            """
            "日付","摘要","摘要内容","支払い金額","預かり金額","差引残高","メモ","未資金化区分","入払区分"
            "2026/3/30","給料","カブシキガイシヤ","","300,000","400,000","","","入金"
            "2026/3/31","カード","コンビニ","1,234","","398,766","","","出金"

            """, "2026-03-30 300000.00 EUR カブシキ", "2026-03-31 -1234.00 EUR コンビニ"),
        BankSample(
            "楽天銀行",
            """
            取引日,入出金(円),取引後残高(円),入出金内容
            20260330,250000,350000,給与
            20260331,-3980,346020,デビット アマゾン

            """, "2026-03-30 250000 JPY 給与", "2026-03-31 -3980 JPY アマゾン"),
        BankSample(
            "ゆうちょ, 年月日",
            """
            お取引日,お取引内容,お支払金額,お預り金額,残高
            2026年3月30日,給料,,200000円,300000円
            2026年3月31日,電気料金,8500円,,291500円

            """, "2026-03-30 200000 JPY 給料", "2026-03-31 -8500 JPY 電気"),
        BankSample(
            "支付宝",
            """
            支付宝交易明细
            起始时间：[2026-03-01 00:00:00]    终止时间：[2026-03-31 23:59:59]

            交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,
            2026-03-31 12:30:00,餐饮美食,肯德基,kfc***,午餐,支出,35.50,花呗,交易成功,2026a,,,
            2026-03-30 10:00:00,转账,张三,138***,转账,收入,100.00,余额,交易成功,2026b,,,
            2026-03-29 10:00:00,日用百货,淘宝,tb***,已取消的商品,支出,20.00,余额,交易关闭,2026c,,,

            """, "2026-03-31 -35.50 EUR 肯德基", "2026-03-30 100.00 EUR 张三"),
        BankSample(
            "Commonwealth Bank, without a header",
            """
            31/03/2026,"-23.45","WOOLWORTHS SYDNEY","+976.55"
            30/03/2026,"+1000.00","SALARY","+1000.00"
            29/03/2026,"-10.00","OPAL","+0.00"

            """, "2026-03-31 -23.45 EUR WOOLWORTHS", "2026-03-30 1000.00 EUR SALARY", "2026-03-29 -10.00 EUR OPAL"),
        BankSample(
            "Westpac Australia",
            """
            Bank Account,Date,Narrative,Debit Amount,Credit Amount,Balance,Categories,Serial
            032000123456,31/03/2026,"COLES",45.60,,954.40,POS,
            032000123456,30/03/2026,"DEPOSIT",,1000.00,1000.00,DEP,

            """, "2026-03-31 -45.60 EUR COLES", "2026-03-30 1000.00 EUR DEPOSIT"),
        BankSample(
            "ING Australia",
            """
            Date,Description,Credit,Debit,Balance
            31/03/2026,ALDI - Visa Purchase,,-12.00,988.00
            30/03/2026,Salary Deposit,1000.00,,1000.00

            """, "2026-03-31 -12.00 EUR ALDI", "2026-03-30 1000.00 EUR Salary"),
        BankSample(
            "ANZ New Zealand",
            """
            Type,Details,Particulars,Code,Reference,Amount,Date,ForeignCurrencyAmount,ConversionCharge
            Visa Purchase,4835-****,Countdown,,260331,-56.70,31/03/2026,,
            Direct Credit,Acme Ltd,Salary,,Mar,2000.00,30/03/2026,,

            """, "2026-03-31 -56.70 EUR Countdown", "2026-03-30 2000.00 EUR Salary"),
        BankSample(
            "FNB South Africa",
            """
            2,1234567890,,'Cheque Account'
            Name:, MR, X
            Account:, 62000000000, [FNB]
            Balance:, 10000.00, 9000.00

            Date, Amount, Balance, Description
            2026/03/30, -123.45, 876.55, PNP CRP
            2026/03/31, 1000.00, 1876.55, SALARY

            """, "2026-03-30 -123.45 EUR PNP", "2026-03-31 1000.00 EUR SALARY"),
        BankSample(
            "Investec",
            """
            Posted Date,Transaction Date,Transaction Description,Debit,Credit,Balance
            2026/03/31,2026/03/29,WOOLWORTHS,R 250.00,,R 750.00
            2026/03/30,2026/03/30,TRANSFER,,"R 1,000.00","R 1,000.00"

            """, "2026-03-31 -250.00 ZAR WOOLWORTHS", "2026-03-30 1000.00 ZAR TRANSFER"),
        BankSample(
            "BBVA México",
            """
            FECHA,DESCRIPCIÓN,CARGO,ABONO,SALDO
            31/mar/2026,OXXO INSURGENTES,"1,250.50",,"8,749.50"
            30/mar/2026,SPEI RECIBIDO,,"10,000.00","10,000.00"

            """, "2026-03-31 -1250.50 EUR OXXO", "2026-03-30 10000.00 EUR SPEI"),
        BankSample(
            "Banco de Chile",
            """
            Fecha;Detalle de Transacción;Cheque o Cargo;Depósito o Abono;Saldo
            31/03/2026;COMPRA JUMBO;$25.990;;$974.010
            30/03/2026;REMUNERACION;;$1.000.000;$1.000.000

            """, "2026-03-31 -25990.00 USD JUMBO", "2026-03-30 1000000.00 USD REMUNERACION"),
        BankSample(
            "Emirates NBD",
            """
            Date,Description,Debit,Credit,Balance
            31 Mar 2026,CARREFOUR DUBAI,"AED 1,250.75",,"AED 8,749.25"
            30 Mar 2026,SALARY,,"AED 10,000.00","AED 10,000.00"

            """, "2026-03-31 -1250.75 AED CARREFOUR", "2026-03-30 10000.00 AED SALARY"),
        BankSample(
            "Maybank",
            """
            Transaction Date,Posting Date,Description,Amount (RM)
            30/03/2026,31/03/2026,GRAB KUALA LUMPUR,"1,025.50 DR"
            30/03/2026,30/03/2026,PAYMENT RECEIVED,"2,000.00 CR"

            """, "2026-03-31 -1025.50 MYR GRAB", "2026-03-30 2000.00 MYR PAYMENT"),
    ]
}
