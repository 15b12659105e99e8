extension BankSample {
    static let southernAndEastern: [BankSample] = [
        BankSample(
            "Santander España",
            """
            Cuenta;ES12 0049 0000 0000 0000 1234
            Titular;Juan
            Fecha Operación;Fecha Valor;Concepto;Importe;Divisa;Saldo;Divisa
            31/03/2026;31/03/2026;COMPRA MERCADONA;-1.045,10;EUR;954,90;EUR
            30/03/2026;30/03/2026;NOMINA;2.000,00;EUR;2.000,00;EUR

            """, "2026-03-31 -1045.10 EUR MERCADONA", "2026-03-30 2000.00 EUR NOMINA"),
        BankSample(
            "BBVA",
            """
            F.Valor;Fecha;Concepto;Movimiento;Importe;Divisa;Disponible;Divisa;Observaciones
            31/03/2026;30/03/2026;Pago con tarjeta;Restaurantes;-25,5;EUR;474,5;EUR;BAR MANOLO
            30/03/2026;30/03/2026;Transferencia recibida;Ingreso;500;EUR;500;EUR;ANA

            """, "2026-03-30 -25.50 EUR MANOLO", "2026-03-30 500.00 EUR ANA"),
        BankSample(
            "CaixaBank",
            """
            Concepto;Fecha;Importe;Saldo
            REPSOL;31/03/2026;-50,00EUR;+1.234,56EUR
            TRANSFERENCIA;30/03/2026;+1.284,56EUR;+1.284,56EUR

            """, "2026-03-31 -50.00 EUR REPSOL", "2026-03-30 1284.56 EUR TRANSFERENCIA"),
        BankSample(
            "Bankinter, cargo y abono",
            """
            Fecha contable;Fecha valor;Descripción;Cargo;Abono;Saldo
            31/03/2026;31/03/2026;RECIBO LUZ;60,12;;939,88
            30/03/2026;30/03/2026;NOMINA;;1.000,00;1.000,00

            """, "2026-03-31 -60.12 EUR LUZ", "2026-03-30 1000.00 EUR NOMINA"),
        BankSample(
            "Fineco",
            """
            Conto Corrente: 1234567
            Intestazione Conto Corrente: ROSSI MARIO
            Periodo Dal: 01/03/2026 Al: 31/03/2026

            Data_Operazione;Data_Valuta;Entrate;Uscite;Descrizione;Descrizione_Completa;Stato
            31/03/2026;29/03/2026;;-35,00;VISA DEBIT;ESSELUNGA MILANO;Contabilizzato
            30/03/2026;30/03/2026;1.500,00;;Bonifico SEPA;STIPENDIO;Contabilizzato

            """, "2026-03-31 -35.00 EUR ESSELUNGA", "2026-03-30 1500.00 EUR STIPENDIO"),
        BankSample(
            "Intesa Sanpaolo",
            """
            Data;Operazione;Dettagli;Conto o carta;Contabilizzazione;Categoria;Valuta;Importo
            31/03/2026;Conad;Pagamento POS;Conto 1234;SI;Supermercati;EUR;-42,30
            30/03/2026;Bonifico da Rossi;Saldo fattura;Conto 1234;SI;Entrate;EUR;1.000,00

            """, "2026-03-31 -42.30 EUR Conad", "2026-03-30 1000.00 EUR Rossi"),
        BankSample(
            "UniCredit",
            """
            Data Registrazione;Data valuta;Descrizione;Importo (EUR);
            31.03.2026;30.03.2026;PAGAMENTO IPERCOOP;-1.020,30;
            30.03.2026;30.03.2026;BONIFICO A VOSTRO FAVORE;800,00;

            """, "2026-03-31 -1020.30 EUR IPERCOOP", "2026-03-30 800.00 EUR BONIFICO"),
        BankSample(
            "Poste Italiane",
            """
            Data Contabile;Data Valuta;Addebiti (euro);Accrediti (euro);Descrizione operazioni
            31/03/2026;31/03/2026;18,90;;PAGAMENTO POSTAMAT
            30/03/2026;30/03/2026;;1.100,00;ACCREDITO STIPENDIO

            """, "2026-03-31 -18.90 EUR POSTAMAT", "2026-03-30 1100.00 EUR STIPENDIO"),
        BankSample(
            "Caixa Geral de Depósitos",
            """
            Consultar saldos e movimentos à ordem - 31-03-2026
            Conta ;0001234567 - EUR - Conta Extracto
            Data de início ;01-03-2026
            Data de fim ;31-03-2026

            Data mov. ;Data valor ;Descrição ;Débito ;Crédito ;Saldo contabilístico ;Saldo disponível ;Categoria ;
            31-03-2026;30-03-2026;COMPRA PINGO DOCE ;23,45;;1.000,00;1.000,00;Compras ;
            30-03-2026;30-03-2026;TRF ORDENADO ;;1.023,45;1.023,45;1.023,45;Diversos ;
             ; ; ; ;Saldo contabilístico ;1.000,00 ; ; ;

            """, "2026-03-31 -23.45 EUR PINGO", "2026-03-30 1023.45 EUR ORDENADO"),
        BankSample(
            "Alpha Bank",
            """
            Α/Α;Ημερομηνία;Αιτιολογία;Κατάστημα;Τοκισμός από;Αρ. συναλλαγής;Ποσό;Πρόσημο ποσού
            1;31/3/2026;ΑΓΟΡΑ ΣΚΛΑΒΕΝΙΤΗΣ;123;31/3/2026;T1;45,60;Χ
            2;30/3/2026;ΜΙΣΘΟΔΟΣΙΑ;123;30/3/2026;T2;1.200,00;Π

            """, "2026-03-31 -45.60 EUR ΣΚΛΑΒΕΝΙΤΗΣ", "2026-03-30 1200.00 EUR ΜΙΣΘΟΔΟΣΙΑ"),
        BankSample(
            "mBank",
            """
            mBank S.A. Bankowość Detaliczna;
            Skrytka Pocztowa 2108;

            #Klient;
            JAN KOWALSKI;

            #Waluta;#Wpływy;#Wydatki;
            PLN;1 500,00;-45,67;

            #Data operacji;#Data księgowania;#Opis operacji;#Tytuł;#Nadawca/Odbiorca;#Numer konta;#Kwota;#Saldo po operacji;
            2026-03-30;2026-03-31;ZAKUP PRZY UŻYCIU KARTY;"BIEDRONKA 123";"  ";'';-45,67;1 454,33;
            2026-03-30;2026-03-30;PRZELEW ZEWNĘTRZNY;"WYNAGRODZENIE";"FIRMA SP Z O O";'11';1 500,00;1 500,00;
            ;;;;;;#Saldo końcowe;1 454,33 PLN;

            """, "2026-03-31 -45.67 PLN BIEDRONKA", "2026-03-30 1500.00 PLN FIRMA"),
        BankSample(
            "PKO BP",
            """
            "Data operacji","Data waluty","Typ transakcji","Kwota","Waluta","Saldo po transakcji","Opis transakcji","","","",""
            "2026-03-31","2026-03-30","Płatność kartą","-23.50","PLN","+976.50","Tytuł: 0001","Lokalizacja: ŻABKA WARSZAWA","","",""
            "2026-03-30","2026-03-30","Przelew na konto","+1000.00","PLN","+1000.00","Nazwa nadawcy: JAN","Tytuł: zwrot","","",""

            """, "2026-03-31 -23.50 PLN Tytuł", "2026-03-30 1000.00 PLN JAN"),
        BankSample(
            "ING Bank Śląski",
            """
            "Lista transakcji";;;;;;"ING Bank Śląski S.A."
            "Dokument nr 1";;;;;;

            "Data transakcji";"Data księgowania";"Dane kontrahenta";"Tytuł";"Nr rachunku";"Nazwa banku";"Szczegóły";"Nr transakcji";"Kwota transakcji (waluta rachunku)";"Waluta";"Kwota blokady/zwolnienie blokady";"Waluta";"Kwota płatności w walucie";"Waluta";"Konto";"Saldo po transakcji";"Waluta";;;;
            2026-03-30;2026-03-31;" LIDL WARSZAWA ";" Płatność kartą ";'';;"TR.KART";'2026';-99,10;PLN;;;;;Direct;900,90;PLN;;;;
            2026-03-30;2026-03-30;" JAN NOWAK ";" Zwrot ";'22';;"PRZELEW";'2027';1 000,00;PLN;;;;;Direct;1 000,00;PLN;;;;

            """, "2026-03-31 -99.10 PLN LIDL", "2026-03-30 1000.00 PLN NOWAK"),
        BankSample(
            "Santander Bank Polska",
            """
            2026-03-31,01-03-2026,'12 1090 0000 0000 0000 0000 1234,JAN KOWALSKI,PLN,"1000,00","954,33",2,
            31-03-2026,30-03-2026,DOP. MC KARTA PLATNOSC KARTA ROSSMANN,,,"-45,67","954,33",2,
            30-03-2026,30-03-2026,Przelew,FIRMA,11,"1000,00","1000,00",1,

            """, "2026-03-31 -45.67 EUR ROSSMANN", "2026-03-30 1000.00 EUR Przelew"),
        BankSample(
            "Fio banka",
            """
            accountId;"2345678901"
            bankId;"2010"
            currency;"CZK"
            openingBalance;"1000,00"
            closingBalance;"2177,50"

            "ID pohybu";"Datum";"Objem";"Měna";"Protiúčet";"Název protiúčtu";"Kód banky";"Název banky";"KS";"VS";"SS";"Uživatelská identifikace";"Zpráva pro příjemce";"Typ";"Provedl";"Upřesnění";"Komentář";"BIC";"ID pokynu"
            "2601";"31.03.2026";"-322,50";"CZK";"";"";"";"";"";"";"";"Nákup: ALBERT";"Nákup: ALBERT";"Platba kartou";"";"";"Nákup";"";"1"
            "2602";"30.03.2026";"1500,00";"CZK";"12/0100";"Novák";"0100";"KB";"";"55";"";"";"nájem";"Příjem";"";"";"";"";"2"

            """, "2026-03-31 -322.50 CZK ALBERT", "2026-03-30 1500.00 CZK Novák"),
        BankSample(
            "Air Bank",
            """
            "Datum provedení";"Směr úhrady";"Typ úhrady";"Skupina plateb";"Měna účtu";"Částka v měně účtu";"Poplatek v měně účtu";"Původní měna úhrady";"Původní částka úhrady";"Název protistrany";"Číslo účtu protistrany";"Název účtu protistrany";"Variabilní symbol";"Konstantní symbol";"Specifický symbol";"Zdrojová obálka";"Cílová obálka";"Poznámka pro mne";"Zpráva pro příjemce";"Datum zaúčtování"
            "30/03/2026";"Odchozí";"Platba kartou";"";"CZK";"-250,00";"0,00";"CZK";"-250,00";"Kaufland";"";"";"";"";"";"";"";"";"";"31/03/2026"
            "30/03/2026";"Příchozí";"Příchozí úhrada";"";"CZK";"1000,00";"0,00";"CZK";"1000,00";"Babička";"1/0800";"";"";"";"";"";"";"";"dárek";"30/03/2026"

            """, "2026-03-31 -250.00 CZK Kaufland", "2026-03-30 1000.00 CZK Babička"),
        BankSample(
            "Komerční banka",
            """
            MojeBanka, export transakcni historie
            Datum vytvoreni souboru;31.03.2026
            Cislo uctu;000123-0123456789
            Mena;CZK

            Datum zauctovani;Datum provedeni;Protistrana;Nazev protiuctu;Castka;Originalni castka;Originalni mena;Kurz;VS;KS;SS;Identifikace transakce;Typ transakce;Popis pro me;Zprava pro prijemce
            31.03.2026;30.03.2026;;SHELL;-1 500,00;;;;;;;;Platba kartou;;SHELL PRAHA
            30.03.2026;30.03.2026;123/0100;Firma;25 000,00;;;;1;;;;Uhrada;;vyplata

            """, "2026-03-31 -1500.00 CZK SHELL", "2026-03-30 25000.00 CZK Firma"),
        BankSample(
            "Tatra banka",
            """
            Dátum zaúčtovania,Dátum valuty,Suma,Mena,Kredit/Debet,Protiúčet,Názov protistrany,Variabilný symbol,Popis
            31.03.2026,31.03.2026,"12,30",EUR,Debet,,TESCO,,Platba kartou
            30.03.2026,30.03.2026,"500,00",EUR,Kredit,SK1,Mama,,darcek

            """, "2026-03-31 -12.30 EUR TESCO", "2026-03-30 500.00 EUR Mama"),
        BankSample(
            "OTP Bank, fejléc nélkül",
            """
            "11773000-12345678";"T";-3450;"HUF";20260331;20260331;125000;"";"";"SPAR MAGYARORSZÁG";"";"";"VÁSÁRLÁS KÁRTYÁVAL";
            "11773000-12345678";"J";250000;"HUF";20260330;20260330;128450;"1177";"Munkaadó Kft";"bér";"";"";"ÁTUTALÁS";

            """, "2026-03-31 -3450.00 HUF SPAR", "2026-03-30 250000.00 HUF Munkaadó"),
        BankSample(
            "Banca Transilvania",
            """
            Cont curent RON
            IBAN;RO12BTRLRONCRT0123456789
            Data tranzactie;Data valuta;Descriere;Referinta tranzactiei;Debit;Credit;Sold contabil
            2026-03-31;2026-03-31;Plata la POS;123;-45.60;;954.40
            2026-03-30;2026-03-30;Incasare OP;124;;1,000.00;1,000.00

            """, "2026-03-31 -45.60 EUR Plata", "2026-03-30 1000.00 EUR Incasare"),
        BankSample(
            "Zagrebačka banka",
            """
            Datum;Referenca;Opis;Uplata;Isplata;Stanje
            31.03.2026.;R1;KONZUM ZAGREB;;15,30;984,70
            30.03.2026.;R2;PLAĆA;1.000,00;;1.000,00

            """, "2026-03-31 -15.30 EUR KONZUM", "2026-03-30 1000.00 EUR PLAĆA"),
        BankSample(
            "NLB Slovenija",
            """
            Datum knjiženja;Datum valute;Prejemnik / plačnik;Račun;Breme;Dobro;Valuta;Namen
            31.03.2026;31.03.2026;MERCATOR;;22,10;;EUR;nakup
            30.03.2026;30.03.2026;PODJETJE;SI56;;900,00;EUR;plača

            """, "2026-03-31 -22.10 EUR MERCATOR", "2026-03-30 900.00 EUR PODJETJE"),
        BankSample(
            "Тинькофф",
            """
            "Дата операции";"Дата платежа";"Номер карты";"Статус";"Сумма операции";"Валюта операции";"Сумма платежа";"Валюта платежа";"Кэшбэк";"Категория";"MCC";"Описание";"Бонусы (включая кэшбэк)";"Округление на инвесткопилку";"Сумма операции с округлением"
            "31.03.2026 12:30:15";"31.03.2026";"*1234";"OK";"-350,00";"RUB";"-350,00";"RUB";"";"Супермаркеты";"5411";"Пятёрочка";"3,00";"0,00";"350,00"
            "30.03.2026 10:00:00";"30.03.2026";"";"OK";"50000,00";"RUB";"50000,00";"RUB";"";"Зарплата";"";"Зарплата";"0,00";"0,00";"50000,00"
            "30.03.2026 09:00:00";"30.03.2026";"*1234";"FAILED";"-999,00";"RUB";"-999,00";"RUB";"";"Разное";"";"Отказ";"0,00";"0,00";"999,00"

            """, "2026-03-31 -350.00 RUB Пятёрочка", "2026-03-30 50000.00 RUB Зарплата"),
        BankSample(
            "ПриватБанк",
            """
            Дата;Категорія;Картка;Опис операції;Сума в валюті картки;Валюта картки;Сума в валюті транзакції;Валюта транзакції;Залишок на кінець періоду;Валюта залишку
            31.03.2026 12:30:00;Продукти;5168****1234;Сільпо;-245,30;UAH;245,30;UAH;1000,00;UAH
            30.03.2026 10:00:00;Зарахування;5168****1234;Зарплата;20000,00;UAH;20000,00;UAH;1245,30;UAH

            """, "2026-03-31 -245.30 UAH Сільпо", "2026-03-30 20000.00 UAH Зарплата"),
        BankSample(
            "monobank",
            """
            "Дата i час операції","Деталі операції",MCC,"Сума в валюті картки (UAH)","Сума в валюті операції",Валюта,Курс,"Сума комісій (UAH)","Сума кешбеку (UAH)","Залишок після операції"
            "31.03.2026 12:30:00","АТБ",5411,-123.45,-123.45,UAH,—,—,—,876.55
            "30.03.2026 10:00:00","Від: Мама",4829,1000.0,1000.0,UAH,—,—,—,1000.0

            """, "2026-03-31 -123.45 UAH АТБ", "2026-03-30 1000.00 UAH Мама"),
        BankSample(
            "Garanti BBVA",
            """
            Tarih;Açıklama;Etiket;Tutar;Bakiye;Dekont No
            31/03/2026;MİGROS İSTANBUL;Market;-1.245,60;8.754,40;123
            30/03/2026;MAAŞ;Gelir;10.000,00;10.000,00;124

            """, "2026-03-31 -1245.60 EUR MİGROS", "2026-03-30 10000.00 EUR MAAŞ"),
    ]
}
