extension BankSample {
    static let germanSpeaking: [BankSample] = [
        BankSample(
            "DKB Girokonto 2023",
            """
            "Girokonto";"DE12120300001234567890"
            ""
            "Kontostand vom 02.04.2026:";"1.234,56 €"
            ""
            "Buchungsdatum";"Wertstellung";"Status";"Zahlungspflichtige*r";"Zahlungsempfänger*in";"Verwendungszweck";"Umsatztyp";"IBAN";"Betrag (€)";"Gläubiger-ID";"Mandatsreferenz";"Kundenreferenz"
            "02.04.26";"02.04.26";"Gebucht";"ISSUER";"REWE SAGT DANKE";"Einkauf";"Ausgang";"DE02";"-1.042,17";"";"";"77"
            "01.04.26";"01.04.26";"Gebucht";"Arbeitgeber GmbH";"Max Muster";"Lohn";"Eingang";"DE03";"2.500";"";"";""
            "01.04.26";"";"Vorgemerkt";"ISSUER";"Tankstelle";"Tanken";"Ausgang";"DE04";"-50,00";"";"";""

            """, "2026-04-02 -1042.17 EUR REWE", "2026-04-01 2500.00 EUR Lohn"),
        BankSample(
            "DKB Kreditkarte",
            """
            "Kreditkarte:";"4930********1234";

            "Von:";"01.01.2026";
            "Bis:";"31.03.2026";
            "Saldo:";"-123.45 EUR";
            "Datum:";"31.03.2026";

            "Umsatz abgerechnet und nicht im Saldo enthalten";"Wertstellung";"Belegdatum";"Beschreibung";"Betrag (EUR)";"Ursprünglicher Betrag";
            "Nein";"31.03.2026";"29.03.2026";"AMAZON";"-19,99";"";
            "Ja";"02.03.2026";"28.02.2026";"HOTEL PRAHA";"-80,12";"-2.000,00 CZK";

            """, "2026-03-29 -19.99 EUR AMAZON", "2026-02-28 -80.12 EUR HOTEL"),
        BankSample(
            "Sparkasse CAMT",
            """
            "Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Glaeubiger ID";"Mandatsreferenz";"Kundenreferenz (End-to-End)";"Sammlerreferenz";"Lastschrift Ursprungsbetrag";"Auslagenersatz Ruecklastschrift";"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";"Waehrung";"Info"
            "DE111";"30.03.26";"30.03.26";"KARTENZAHLUNG";"2026-03-28T12:00 Debitk.1";"";"";"1234";"";"";"";"EDEKA MUELLER";"DE222";"ABC";"-23,45";"EUR";"Umsatz gebucht"
            "DE111";"31.03.26";"31.03.26";"LOHN GEHALT";"Gehalt 03";"";"";"";"";"";"";"ACME AG";"DE333";"ABC";"3.210,00";"EUR";"Umsatz gebucht"

            """, "2026-03-30 -23.45 EUR EDEKA", "2026-03-31 3210.00 EUR ACME"),
        BankSample(
            "Volksbank",
            """
            Bezeichnung Auftragskonto;IBAN Auftragskonto;BIC Auftragskonto;Bankname Auftragskonto;Buchungstag;Valutadatum;Name Zahlungsbeteiligter;IBAN Zahlungsbeteiligter;BIC (SWIFT-Code) Zahlungsbeteiligter;Buchungstext;Verwendungszweck;Betrag;Waehrung;Saldo nach Buchung;Bemerkung;Kategorie;Steuerrelevant;Glaeubiger ID;Mandatsreferenz
            Giro;DE111;GENO;Volksbank;02.04.2026;01.04.2026;Stadtwerke;DE222;COBA;Lastschrift;Abschlag April;-85,00;EUR;1000,00;;Wohnen;;DE98;M1
            Giro;DE111;GENO;Volksbank;01.04.2026;01.04.2026;Oma;DE333;COBA;Gutschrift;Taschengeld;20,00;EUR;1085,00;;;;;

            """, "2026-04-02 -85.00 EUR Stadtwerke", "2026-04-01 20.00 EUR Oma"),
        BankSample(
            "Volksbank, alte Form mit S und H",
            """
            Volksbank Musterstadt

            Konto:;1234567
            Von:;01.03.2026

            Buchungstag;Valuta;Auftraggeber/Zahlungsempfänger;Empfänger/Zahlungspflichtiger;Konto-Nr.;IBAN;BLZ;BIC;Vorgang/Verwendungszweck;Kundenreferenz;Währung;Umsatz;Soll/Haben
            31.03.2026;31.03.2026;Max Muster;Bäckerei Korn;;DE1;;;LASTSCHRIFT Brot;;EUR;3,20;S
            30.03.2026;30.03.2026;Max Muster;Arbeitgeber;;DE2;;;GUTSCHRIFT Lohn;;EUR;2.000,00;H

            28.02.2026;;;;;;;;Anfangssaldo;;EUR;5.000,00;H
            31.03.2026;;;;;;;;Endsaldo;;EUR;6.996,80;H

            """, "2026-03-31 -3.20 EUR Brot", "2026-03-30 2000.00 EUR Lohn"),
        BankSample(
            "Deutsche Bank",
            """
            Umsätze Girokonto;;;Kundennummer: 123 4567890
            01.03.2026 - 31.03.2026
            Letzter Kontostand;;;;100,00;EUR
            Vorgemerkte und noch nicht gebuchte Umsätze sind nicht Bestandteil dieser Übersicht.
            Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN;BIC;Kundenreferenz;Mandatsreferenz;Gläubiger ID;Fremde Gebühren;Betrag;Abweichender Empfänger;Anzahl der Aufträge;Anzahl der Schecks;Soll;Haben;Währung
            2.3.2026;2.3.2026;SEPA-Lastschrift;Telefon AG;Rechnung 3;DE1;X;;;;;-39,95;;;;-39,95;;EUR
            15.3.2026;15.3.2026;SEPA-Gehalt;Firma;Gehalt;DE2;X;;;;;1.800,00;;;;;1.800,00;EUR
            Kontostand;31.3.2026;;;1.860,05;EUR

            """, "2026-03-02 -39.95 EUR Telefon", "2026-03-15 1800.00 EUR Firma"),
        BankSample(
            "Comdirect",
            """
            ;
            "Umsätze Girokonto";"Zeitraum: 30 Tage";
            "Neuer Kontostand";"1.234,56 EUR";

            "Buchungstag";"Wertstellung (Valuta)";"Vorgang";"Buchungstext";"Umsatz in EUR";
            "31.03.2026";"31.03.2026";"Lastschrift / Belastung";"Auftraggeber: NETFLIX Buchungstext: Abo";"-12,99";
            "30.03.2026";"30.03.2026";"Übertrag / Überweisung";"Auftraggeber: Max";"100,00";

            "Alter Kontostand";"1.147,55 EUR";

            """, "2026-03-31 -12.99 EUR NETFLIX", "2026-03-30 100.00 EUR Max"),
        BankSample(
            "N26",
            """
            "Date","Payee","Account number","Transaction type","Payment reference","Category","Amount (EUR)","Amount (Foreign Currency)","Type Foreign Currency","Exchange Rate"
            "2026-03-31","Bio Market","","MasterCard Payment","","Food","-8.40","-8.40","EUR","1.0"
            "2026-03-30","London Shop","","MasterCard Payment","","Shopping","-11.60","-10.0","GBP","0.862"

            """, "2026-03-31 -8.40 EUR Bio", "2026-03-30 -11.60 EUR London"),
        BankSample(
            "Consorsbank",
            """
            Buchung;Valuta;Sender / Empfänger;IBAN / Konto-Nr.;BIC / BLZ;Buchungstext;Verwendungszweck;Betrag in EUR
            31.03.2026;31.03.2026;Hausverwaltung;DE1;X;DAUERAUFTRAG;Miete;-900,00
            30.03.2026;30.03.2026;Firma;DE2;X;GUTSCHRIFT;Lohn;+2.400,00

            """, "2026-03-31 -900.00 EUR Hausverwaltung", "2026-03-30 2400.00 EUR Firma"),
        BankSample(
            "Postbank",
            """
            Umsätze
            Konto;Filial-/Kontonummer;IBAN;Währung
            Giro plus;123 4567890;DE02100100100006820101;EUR

            1.3.2026 - 31.3.2026
            Letzter Kontostand;;;;500,00;EUR
            Vorgemerkte und noch nicht gebuchte Umsätze sind nicht Bestandteil dieser Übersicht.
            Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN / Kontonummer;BIC;Kundenreferenz;Mandatsreferenz;Gläubiger ID;Fremde Gebühren;Betrag;Abweichender Empfänger;Anzahl der Aufträge;Anzahl der Schecks;Soll;Haben;Währung
            4.3.2026;4.3.2026;SEPA Lastschrift;Strom GmbH;Abschlag;DE9;X;;;;;-61,00;;;;-61,00;;EUR
            5.3.2026;5.3.2026;SEPA Überweisung;Mieter;Miete;DE8;X;;;;;700,50;;;;;700,50;EUR

            """, "2026-03-04 -61.00 EUR Strom", "2026-03-05 700.50 EUR Mieter"),
        BankSample(
            "Barclays Deutschland",
            """
            Barclays Bank Ireland PLC Hamburg Branch;;;
            Kontostand zum:;31.03.2026;;
            Aktueller Saldo:;-234,56 €;;

            Referenznummer;Buchungsdatum;Buchungsdatum;Betrag;Beschreibung;Typ;Status;Kartennummer;Originalbetrag;Mögliche Zahlpläne;Land;Name des Karteninhabers;Kartennetzwerk;Kontaktlose Bezahlung
            R1;30.03.2026;31.03.2026;-12,34 €;Kaffee Berlin;Kauf;Berechnet;***1234;-12,34 €;Nein;DE;MAX;Visa;Ja
            R2;29.03.2026;30.03.2026;234,56 €;Per Lastschrift dankend erhalten;Gutschrift;Berechnet;;234,56 €;Nein;;MAX;;Nein

            """, "2026-03-30 -12.34 EUR Kaffee", "2026-03-29 234.56 EUR Lastschrift"),
        BankSample(
            "PayPal, deutsch",
            """
            "Datum","Uhrzeit","Zeitzone","Name","Typ","Status","Währung","Brutto","Gebühr","Netto","Absender E-Mail-Adresse","Empfänger E-Mail-Adresse","Transaktionscode","Guthaben"
            "31.03.2026","12:00:00","CET","Käufer","Zahlung","Abgeschlossen","EUR","100,00","-3,84","96,16","a@b","c@d","T1","96,16"
            "31.03.2026","13:00:00","CET","Shop","Zahlung","Abgeschlossen","EUR","-20,00","0,00","-20,00","c@d","s@h","T2","76,16"
            "31.03.2026","14:00:00","CET","Bank","Abbuchung","Abgeschlossen","EUR","-76,16","0,00","-76,16","","","T3","0,00"

            """, "2026-03-31 96.16 EUR Käufer", "2026-03-31 -20.00 EUR Shop", "2026-03-31 -76.16 EUR Bank"),
        BankSample(
            "Erste Bank und Sparkasse, Österreich",
            """
            Buchungsdatum,Partnername,Partner IBAN,BIC/SWIFT,Partner Kontonummer,Bankleitzahl,Betrag,Währung,Buchungs-Info,Buchungsreferenz,Notiz,Highlights,Valutadatum,Virtuelle Kartennummer,Bezahlt mit,App,Zahlungsreferenz,Mandats ID,Creditor ID
            31.03.2026,BILLA DANKT,AT1,X,,,"-1.034,56",EUR,BILLA 0123 WIEN,201112,,,31.03.2026,,,,,,
            30.03.2026,Arbeitgeber,AT2,X,,,"2.000,00",EUR,Gehalt,201113,,,30.03.2026,,,,,,

            """, "2026-03-31 -1034.56 EUR BILLA", "2026-03-30 2000.00 EUR Arbeitgeber"),
        BankSample(
            "Raiffeisen ELBA, Österreich, ohne Kopf",
            """
            31.03.2026;"BILLA 1234 K1 30.03. 17:20";30.03.2026;-33,87;EUR;31.03.2026 05:12:33:123
            30.03.2026;"Gehalt";30.03.2026;1.950,40;EUR;30.03.2026 02:12:33:123

            """, "2026-03-31 -33.87 EUR BILLA", "2026-03-30 1950.40 EUR Gehalt"),
        BankSample(
            "UBS",
            """
            Kontonummer:;0235 00123456.40;
            IBAN:;CH68 0023 5235 1234 5640 Y;
            Von:;2026-03-01;
            Bis:;2026-03-31;
            Anfangssaldo:;1000.00;
            Schlusssaldo:;950.15;
            Bewertet in:;CHF;
            Anzahl Transaktionen in diesem Zeitraum:;2;

            Abschlussdatum;Abschlusszeit;Buchungsdatum;Valutadatum;Währung;Belastung;Gutschrift;Einzelbetrag;Saldo;Transaktions-Nr.;Beschreibung1;Beschreibung2;Beschreibung3;Fussnoten;
            2026-03-29;12:01:00;2026-03-30;2026-03-30;CHF;-89.85;;;950.15;T1;Coop Zürich;Zahlung Debitkarte;;;
            2026-03-28;;2026-03-28;2026-03-28;CHF;;40.00;;1040.00;T2;Muster Hans;Gutschrift;;;

            """, "2026-03-30 -89.85 CHF Coop", "2026-03-28 40.00 CHF Muster"),
        BankSample(
            "PostFinance",
            """
            Datum von:;="01.03.2026"
            Datum bis:;="31.03.2026"
            Kategorie:;="Alle"
            Konto:;="CH2109000000123456789"
            Währung:;="CHF"

            Datum;Bewegungstyp;Avisierungstext;Gutschrift in CHF;Lastschrift in CHF;Label;Kategorie
            31.03.2026;Belastung;"KAUF/DIENSTLEISTUNG VOM 30.03.2026 MIGROS";;-54.3;;
            25.03.2026;Gutschrift;"GUTSCHRIFT LOHN";4321.05;;;

            Disclaimer:
            Dies ist kein durch PostFinance AG erstelltes Dokument.

            """, "2026-03-31 -54.30 CHF MIGROS", "2026-03-25 4321.05 CHF LOHN"),
        BankSample(
            "Zürcher Kantonalbank",
            """
            "Datum";"Buchungstext";"Whg";"Betrag Detail";"ZKB-Referenz";"Referenznummer";"Belastung CHF";"Gutschrift CHF";"Valuta";"Saldo CHF";"Zahlungszweck";"Details"
            "31.03.2026";"Einkauf ZKB Visa Debit Card Nr. xxxx 1234, Coop";"";"";"Z1";"";"12.05";"";"31.03.2026";"987.95";"";""
            "30.03.2026";"Gutschrift Auftraggeber: Firma AG";"";"";"Z2";"";"";"1'000.00";"30.03.2026";"1'000.00";"Lohn";""

            """, "2026-03-31 -12.05 CHF Coop", "2026-03-30 1000.00 CHF Firma"),
        BankSample(
            "Raiffeisen Schweiz",
            """
            IBAN;Booked At;Text;Credit/Debit Amount;Balance;Valuta Date
            CH1;2026-03-30 00:00:00.0;Einkauf Denner;-20.35;500.00;2026-03-30 00:00:00.0
            CH1;2026-03-31 00:00:00.0;Gutschrift Max;120;620.00;2026-03-31 00:00:00.0

            """, "2026-03-30 -20.35 EUR Denner", "2026-03-31 120.00 EUR Max"),
        BankSample(
            "Hanseatic Bank",
            """
            "Datum";"Buchungstext";"Wertstellungsdatum";"Betrag";"Währung";"Fremdwährung";"Betrag Fremdwährung";"Umrechnungskurs"
            "31.03.2026";"SHELL 1234";"01.04.2026";"-70,01";"EUR";"";"";""
            "20.03.2026";"US STORE";"21.03.2026";"-9,21";"EUR";"USD";"-10,00";"1,0858"

            """, "2026-03-31 -70.01 EUR SHELL", "2026-03-20 -9.21 EUR US"),
    ]
}
