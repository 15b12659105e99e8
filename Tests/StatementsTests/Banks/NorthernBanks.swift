extension BankSample {
    static let northern: [BankSample] = [
        BankSample(
            "Swedbank",
            """
            * Transaktionsrapport Period 2026-03-01 – 2026-03-31 Skapad 2026-03-31 12:00 CET
            Radnummer,Clearingnummer,Kontonummer,Produkt,Valuta,Bokföringsdag,Transaktionsdag,Valutadag,Referens,Beskrivning,Belopp,Bokfört saldo
            1,8327,1234567,Privatkonto,SEK,2026-03-31,2026-03-30,2026-03-31,ICA KVANTUM,ICA KVANTUM,-345.50,1654.50
            2,8327,1234567,Privatkonto,SEK,2026-03-30,2026-03-30,2026-03-30,Lön,Lön,2000.00,2000.00

            """, "2026-03-31 -345.50 SEK ICA", "2026-03-30 2000.00 SEK Lön"),
        BankSample(
            "SEB",
            """
            Bokföringsdatum;Valutadatum;Verifikationsnummer;Text;Belopp;Saldo
            2026-03-31;2026-03-31;5490990004;COOP /26-03-30;-129,90;870,10
            2026-03-30;2026-03-30;5490990005;SWISH;1 000,00;1 000,00

            """, "2026-03-31 -129.90 EUR COOP", "2026-03-30 1000.00 EUR SWISH"),
        BankSample(
            "Nordea Sverige",
            """
            Bokföringsdag;Belopp;Avsändare;Mottagare;Namn;Rubrik;Saldo;Valuta
            2026/03/31;-59,00;1234 56 78901;;;Kortköp 260330 PRESSBYRÅN;941,00;SEK
            2026/03/30;1000,00;;1234 56 78901;;Lön;1000,00;SEK

            """, "2026-03-31 -59.00 SEK PRESSBYRÅN", "2026-03-30 1000.00 SEK Lön"),
        BankSample(
            "Länsförsäkringar",
            """
            "Bokföringsdatum";"Transaktionsdatum";"Transaktionstyp";"Meddelande";"Belopp"
            "2026-03-31";"2026-03-29";"Kortköp";"HEMKÖP";"-88,50"
            "2026-03-30";"2026-03-30";"Insättning";"Swish från Anna";"200,00"

            """, "2026-03-31 -88.50 EUR HEMKÖP", "2026-03-30 200.00 EUR Anna"),
        BankSample(
            "DNB",
            """
            "Dato";"Forklaring";"Rentedato";"Ut fra konto";"Inn på konto"
            "31.03.2026";"REMA 1000";"31.03.2026";"345,60";""
            "30.03.2026";"Lønn";"30.03.2026";"";"30.000,00"

            """, "2026-03-31 -345.60 EUR REMA", "2026-03-30 30000.00 EUR Lønn"),
        BankSample(
            "SpareBank 1",
            """
            Dato;Beskrivelse;Rentedato;Inn;Ut;Til konto;Fra konto;
            31.03.2026;KIWI 123;31.03.2026;;-99,90;;12345678901;
            30.03.2026;Lønn;30.03.2026;25000,00;;12345678901;;

            """, "2026-03-31 -99.90 EUR KIWI", "2026-03-30 25000.00 EUR Lønn"),
        BankSample(
            "Sbanken",
            """
            BOKFØRINGSDATO;RENTEDATO;ARKIVREFERANSE;TYPE;TEKST;UT FRA KONTO;INN PÅ KONTO
            2026-03-31;2026-03-31;12345678;Varekjøp;30.03 COOP PRIX;-56,70;
            2026-03-30;2026-03-30;12345679;Giro;Fra: Ola;;500,00

            """, "2026-03-31 -56.70 EUR COOP", "2026-03-30 500.00 EUR Ola"),
        BankSample(
            "Danske Bank",
            """
            "Dato";"Kategori";"Underkategori";"Tekst";"Beløb";"Saldo";"Status";"Afstemt"
            "30.03.2026";"Dagligvarer";"Supermarked";"Netto";"-1.045,50";"954,50";"Udført";"Nej"
            "31.03.2026";"Indkomst";"Løn";"Løn";"20.000,00";"20.954,50";"Udført";"Nej"
            "01.04.2026";"Bolig";"El";"El";"-500,00";"";"Venter";"Nej"

            """, "2026-03-30 -1045.50 EUR Netto", "2026-03-31 20000.00 EUR Løn"),
        BankSample(
            "Nordea Danmark",
            """
            Bogføringsdato;Beløb;Afsender;Modtager;Navn;Beskrivelse;Saldo;Valuta;Afstemt
            2026/03/31;-123,45;1234;;;Dankort-køb IRMA;876,55;DKK;
            2026/03/30;1000,00;;1234;;Løn;1000,00;DKK;

            """, "2026-03-31 -123.45 DKK IRMA", "2026-03-30 1000.00 DKK Løn"),
        BankSample(
            "Jyske Bank",
            """
            Dato;;Tekst;;Beløb;Saldo;Kommentar;Afstemt;Flag;Konto
            31.03.2026;;Føtex;;-200,00;800,00;;;;Lønkonto
            30.03.2026;;Løn;;1.000,00;1.000,00;;;;Lønkonto

            """, "2026-03-31 -200.00 EUR Føtex", "2026-03-30 1000.00 EUR Løn"),
        BankSample(
            "Bankernes EDB Central, uden hoved",
            """
            "31-03-2026";"Dankort Netto";"-45,50";"954,50"
            "30-03-2026";"Løn";"1.000,00";"1.000,00"
            "29-03-2026";"Husleje";"-5.000,00";"0,00"

            """, "2026-03-31 -45.50 EUR Netto", "2026-03-30 1000.00 EUR Løn", "2026-03-29 -5000.00 EUR Husleje"),
        BankSample(
            "OP",
            """
            "Kirjauspäivä";"Arvopäivä";"Määrä EUROA";"Laji";"Selitys";"Saaja/Maksaja";"Saajan tilinumero";"Saajan pankin BIC";"Viite";"Viesti";"Arkistointitunnus"
            "2026-03-31";"2026-03-31";-23,45;"162";"PKORTTIMAKSU";"K-MARKET";"";"";"";"Viesti: OSTOPVM 260330";"20260331/1"
            "2026-03-30";"2026-03-30";+1000,00;"506";"TILISIIRTO";"TYÖNANTAJA OY";"FI1";"OKOYFIHH";"123";"palkka";"20260330/2"

            """, "2026-03-31 -23.45 EUR K-MARKET", "2026-03-30 1000.00 EUR TYÖNANTAJA"),
        BankSample(
            "Nordea Suomi",
            """
            Tilinumero\tFI1112223334445556

            Kirjauspäivä\tArvopäivä\tMaksupäivä\tMäärä\tSaaja/Maksaja\tTilinumero\tBIC\tTapahtuma\tViite\tMaksajan viite\tViesti\tKortinnumero\tKuitti\t
            31.03.2026\t31.03.2026\t30.03.2026\t-12,30\tALEPA HELSINKI\t\t\tKorttiosto\t\t\t\t1234\t\t
            30.03.2026\t30.03.2026\t30.03.2026\t500,00\tMATTI\tFI2\tX\tPano\t\t\tkiitos\t\t\t

            """, "2026-03-31 -12.30 EUR ALEPA", "2026-03-30 500.00 EUR MATTI"),
        BankSample(
            "S-Pankki",
            """
            Kirjauspäivä;Maksupäivä;Summa;Tapahtumalaji;Maksaja;Saajan nimi;Saajan tilinumero;Saajan BIC-tunnus;Viitenumero;Viesti;Arkistointitunnus
            31.03.2026;30.03.2026;-6,95;KORTTIOSTO;MEIKÄLÄINEN;PRISMA;;;;'';A1
            30.03.2026;30.03.2026;+50,00;TILISIIRTO;ÄITI;MEIKÄLÄINEN;;;;'lahja';A2

            """, "2026-03-31 -6.95 EUR PRISMA", "2026-03-30 50.00 EUR lahja"),
        BankSample(
            "Swedbank Eesti",
            """
            "Kliendi konto";"Reatüüp";"Kuupäev";"Saaja/Maksja";"Selgitus";"Summa";"Valuuta";"Deebet/Kreedit";"Arhiveerimistunnus";"Tehingu tüüp";"Viitenumber";"Dokumendi number";
            "EE11";"10";"01.03.2026";"";"Algsaldo";"100,00";"EUR";"K";"";"AS";"";"";
            "EE11";"20";"02.03.2026";"RIMI";"'4111 01.03.26 RIMI";"7,50";"EUR";"D";"2026030201";"K";"";"";
            "EE11";"20";"03.03.2026";"TÖÖANDJA";"Palk";"1000,00";"EUR";"K";"2026030302";"MK";"";"";
            "EE11";"82";"31.03.2026";"";"Käive";"7,50";"EUR";"D";"";"K2";"";"";
            "EE11";"86";"31.03.2026";"";"lõppsaldo";"1092,50";"EUR";"K";"";"LS";"";"";

            """, "2026-03-02 -7.50 EUR RIMI", "2026-03-03 1000.00 EUR TÖÖANDJA"),
        BankSample(
            "LHV",
            """
            "Kliendi konto","Dokumendi number","Kuupäev","Saaja/maksja konto","Saaja/maksja nimi","Saaja panga kood","Tühi","Deebet/Kreedit (D/C)","Summa","Viitenumber","Arhiveerimistunnus","Selgitus","Teenustasu","Valuuta","Isikukood või registrikood"
            "EE22","","2026-03-31","","SELVER","","","D","-12.40","","X1","(..1234) SELVER","0.00","EUR",""
            "EE22","","2026-03-30","EE33","MARI","","","C","50.00","","X2","tagasi","0.00","EUR",""

            """, "2026-03-31 -12.40 EUR SELVER", "2026-03-30 50.00 EUR MARI"),
        BankSample(
            "SEB Lietuva",
            """
            "SĄSKAITOS  (LT12) IŠRAŠAS (UŽ LAIKOTARPĮ: 2026-03-01 - 2026-03-31)";
            DOK NR.;DATA;VALIUTA;SUMA;MOKĖTOJO ARBA GAVĖJO PAVADINIMAS;MOKĖTOJO ARBA GAVĖJO IDENTIFIKACINIS KODAS;SĄSKAITA;KREDITO ĮSTAIGOS PAVADINIMAS;KREDITO ĮSTAIGOS SWIFT KODAS;MOKĖJIMO PASKIRTIS;TRANSAKCIJOS KODAS;DOKUMENTO DATA;TRANSAKCIJOS TIPAS;NUORODA;DEBETAS/KREDITAS;SUMA SĄSKAITOS VALIUTA;SĄSKAITOS NR;SĄSKAITOS VALIUTA;
            1;2026-03-31;EUR;15,30;IKI VILNIUS;;;;;Pirkinys;T1;2026-03-30;Kortelė;;D;15,30;LT12;EUR;
            2;2026-03-30;EUR;800,00;UAB DARBDAVYS;;LT13;;;Atlyginimas;T2;2026-03-30;Mokėjimas;;C;800,00;LT12;EUR;

            """, "2026-03-31 -15.30 EUR IKI", "2026-03-30 800.00 EUR DARBDAVYS"),
        BankSample(
            "Arion banki",
            """
            Dagsetning;Fjárhæð;Staða;Mynt;Skýring;Seðilnúmer;Tilvísun;Texti
            31.03.2026;-4.350;95.650;ISK;BÓNUS;123;T1;Kort
            30.03.2026;100.000;100.000;ISK;LAUN;124;T2;Innborgun

            """, "2026-03-31 -4350 ISK BÓNUS", "2026-03-30 100000 ISK LAUN"),
    ]
}
