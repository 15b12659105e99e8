extension BankSample {
    static let western: [BankSample] = [
        BankSample(
            "La Banque Postale",
            """
            Numéro Compte   ;1234567A020
            Type         ;CCP
            Compte tenu en  ;euros
            Date            ;31/03/2026
            Solde (EUROS)   ;1234,56
            Solde (FRANCS)   ;8098,18

            Date;Libellé;Montant(EUROS);Montant(FRANCS)
            30/03/2026;"ACHAT CB CARREFOUR 29.03.26";-45,90;-301,08
            28/03/2026;"VIREMENT DE EMPLOYEUR";1500,00;9839,36

            """, "2026-03-30 -45.90 EUR CARREFOUR", "2026-03-28 1500.00 EUR EMPLOYEUR"),
        BankSample(
            "Boursorama",
            """
            dateOp;dateVal;label;category;categoryParent;supplierFound;amount;comment;accountNum;accountLabel;accountbalance
            2026-03-30;2026-03-31;"CARTE 29/03/26 MONOPRIX CB*1234";Alimentation;"Vie quotidienne";monoprix;-1 023,45;;00040123;BoursoBank;500.00
            2026-03-29;2026-03-29;"VIR Salaire";Salaires;Revenus;vir;2 000,00;;00040123;BoursoBank;1523.45

            """, "2026-03-30 -1023.45 EUR MONOPRIX", "2026-03-29 2000.00 EUR Salaire"),
        BankSample(
            "Crédit Agricole",
            """
            Téléchargement du 31/03/2026;

            Compte courant n° 12345678901;
            Solde au 31/03/2026 1 234,56 €

            Date;Libellé;Débit euros;Crédit euros;
            30/03/2026;"PAIEMENT PAR CARTE
            X1234 LECLERC 29/03
            ";45,10;;
            28/03/2026;"VIREMENT EN VOTRE FAVEUR
            EMPLOYEUR";;1 800,00;

            """, "2026-03-30 -45.10 EUR LECLERC", "2026-03-28 1800.00 EUR EMPLOYEUR"),
        BankSample(
            "Société Générale",
            """
            ="0123456789";30/03/2026;12;31/03/2026;1234,56 EUR
            Date de l'opération;Libellé;Détail de l'écriture;Montant de l'opération;Devise
            30/03/2026;CARTE X1234 28/03 FNAC;CARTE X1234 28/03 FNAC PARIS;-29,99;EUR
            27/03/2026;VIR RECU;VIR RECU DE: DUPONT;300,00;EUR

            """, "2026-03-30 -29.99 EUR FNAC", "2026-03-27 300.00 EUR DUPONT"),
        BankSample(
            "Caisse d'Épargne",
            """
            Date de comptabilisation;Libelle simplifie;Libelle operation;Reference;Informations complementaires;Type operation;Categorie;Sous categorie;Debit;Credit;Date operation;Date de valeur;Pointage operation
            31/03/2026;SNCF;CB SNCF FACT 290326;;;Carte bancaire;Transports;Train;-55,00;;29/03/2026;31/03/2026;0
            30/03/2026;EMPLOYEUR;VIR EMPLOYEUR;REF1;;Virement;Revenus;Salaire;;+2100,10;30/03/2026;30/03/2026;0

            """, "2026-03-31 -55.00 EUR SNCF", "2026-03-30 2100.10 EUR EMPLOYEUR"),
        BankSample(
            "Crédit Mutuel",
            """
            Date;Date de valeur;Débit;Crédit;Libellé;Solde
            30/03/2026;30/03/2026;-12,50;;PAIEMENT CB BOULANGERIE;987,50
            31/03/2026;31/03/2026;;100,00;VIR DE PAUL;1087,50

            """, "2026-03-30 -12.50 EUR BOULANGERIE", "2026-03-31 100.00 EUR PAUL"),
        BankSample(
            "BNP Paribas Fortis",
            """
            Volgnummer;Uitvoeringsdatum;Valutadatum;Bedrag;Valuta rekening;Rekeningnummer;Type verrichting;Tegenpartij;Naam van de tegenpartij;Mededeling;Details;Status;Reden van weigering
            2026-00012;30/03/2026;30/03/2026;-15,20;EUR;BE111;Kaartbetaling;BE222;DELHAIZE;;BETALING MET DEBETKAART;Geaccepteerd;
            2026-00013;31/03/2026;31/03/2026;-99,00;EUR;BE111;Overschrijving;BE333;WINKEL;factuur;OVERSCHRIJVING;Geweigerd;Onvoldoende saldo

            """, "2026-03-30 -15.20 EUR DELHAIZE"),
        BankSample(
            "KBC",
            """
            Rekeningnummer;Rubrieknaam;Naam;Munt;Afschriftnummer;Datum;Omschrijving;Valuta;Bedrag;Saldo;credit;debet;rekeningnummer tegenpartij;BIC tegenpartij;Naam tegenpartij;Adres tegenpartij;gestructureerde mededeling;Vrije mededeling
            BE11;          ;SMITH;EUR;  02026038;28/02/2026;BIJDRAGE;28/02/2026;-3,40;219,95;     ;-3,40;   ;   ;      ;     ;    ;
            BE11;          ;SMITH;EUR;  02026039;01/03/2026;OVERSCHRIJVING;01/03/2026;100,00;319,95;100,00;     ;   ;   ;OMA   ;     ;    ;

            """, "2026-02-28 -3.40 EUR BIJDRAGE", "2026-03-01 100.00 EUR OMA"),
        BankSample(
            "Belfius",
            """
            Boekingsdatum vanaf;01/03/2026
            Boekingsdatum tot en met;31/03/2026
            Bedrag vanaf;
            Laatste saldo;1.234,56 EUR
            ;
            Rekening;Boekingsdatum;Rekeninguittrekselnummer;Transactienummer;Rekening tegenpartij;Naam tegenpartij bevat;Straat en nummer;Postcode en plaats;Transactie;Valutadatum;Bedrag;Devies;BIC;Landcode;Mededelingen
            BE22;30/03/2026;3;12;BE33;COLRUYT;;;AANKOOP;30/03/2026;-1.045,67;EUR;X;BE;
            BE22;31/03/2026;3;13;BE44;WERKGEVER;;;LOON;31/03/2026;2.000,00;EUR;X;BE;loon

            """, "2026-03-30 -1045.67 EUR COLRUYT", "2026-03-31 2000.00 EUR WERKGEVER"),
        BankSample(
            "ING België",
            """
            Rekeningnummer;Naam van de rekening;Rekening tegenpartij;Omzetnummer;Boekingsdatum;Valutadatum;Bedrag;Munteenheid;Omschrijving;Detail van de omzet;Bericht
            BE5;Zicht;BE6;12;30/03/2026;30/03/2026;-8,95;EUR;Betaling;SPAR GENT;
            BE5;Zicht;BE7;13;31/03/2026;31/03/2026;50,00;EUR;Overschrijving;VAN OMA;

            """, "2026-03-30 -8.95 EUR SPAR", "2026-03-31 50.00 EUR OMA"),
        BankSample(
            "ING Nederland",
            """
            "Datum";"Naam / Omschrijving";"Rekening";"Tegenrekening";"Code";"Af Bij";"Bedrag (EUR)";"Mutatiesoort";"Mededelingen";"Saldo na mutatie";"Tag"
            "20260331";"ALBERT HEIJN";"NL11INGB";"";"BA";"Af";"23,45";"Betaalautomaat";"Pasvolgnr: 001";"500,00";""
            "20260330";"WERKGEVER";"NL11INGB";"NL22";"OV";"Bij";"2000,00";"Overschrijving";"Salaris";"523,45";""

            """, "2026-03-31 -23.45 EUR ALBERT", "2026-03-30 2000.00 EUR WERKGEVER"),
        BankSample(
            "Rabobank",
            """
            "IBAN/BBAN","Munt","BIC","Volgnr","Datum","Rentedatum","Bedrag","Saldo na trn","Tegenrekening IBAN/BBAN","Naam tegenpartij","Naam uiteindelijke partij","Naam initiërende partij","BIC tegenpartij","Code","Batch ID","Transactiereferentie","Machtigingskenmerk","Incassant ID","Betalingskenmerk","Omschrijving-1","Omschrijving-2","Omschrijving-3","Reden retour","Oorspr bedrag","Oorspr munt","Koers"
            "NL77","EUR","RABONL2U","000000000000009565","2026-03-01","2026-03-01","-337,49","+5257,28","311","","","","","db","","","","","","RENTE LENING"," ","","","","",""
            "NL77","EUR","RABONL2U","000000000000009590","2026-03-14","2026-03-14","+50,00","+5307,28","NL62","Loterij","","","INGB","cb","","18","","","","Gewonnen"," ","","","","",""

            """, "2026-03-01 -337.49 EUR RENTE", "2026-03-14 50.00 EUR Loterij"),
        BankSample(
            "ASN Bank, zonder kop",
            """
            31-03-2026,NL11ASNB0123456789,NL22RABO0123456789,jumbo,,,,EUR,1000.00,EUR,-45.10,31-03-2026,31-03-2026,8810,BEA,123,,'JUMBO UTRECHT',3
            30-03-2026,NL11ASNB0123456789,NL33RABO0123456789,werkgever,,,,EUR,500.00,EUR,500.00,30-03-2026,30-03-2026,8811,OVB,124,,'SALARIS',3

            """, "2026-03-31 -45.10 EUR JUMBO", "2026-03-30 500.00 EUR SALARIS"),
        BankSample(
            "Knab",
            """
            KNAB EXPORT;;;;;;;;;;;;;;;
            Rekeningnummer;Transactiedatum;Valutacode;CreditDebet;Bedrag;Tegenrekeningnummer;Tegenrekeninghouder;Valutadatum;Betaalwijze;Omschrijving;Type betaling;Machtigingsnummer;Incassant ID;Adres;Referentie;Boekdatum;
            NL1;30-03-2026;EUR;D;12,50;NL2;BOL.COM;31-03-2026;iDEAL;Bestelling;Betaling;;;;C1;31-03-2026;
            NL1;31-03-2026;EUR;C;1000,00;NL3;WERKGEVER;31-03-2026;Bijschrijving;Salaris;Ontvangst;;;;C2;31-03-2026;

            """, "2026-03-31 -12.50 EUR BOL.COM", "2026-03-31 1000.00 EUR WERKGEVER"),
        BankSample(
            "bunq",
            """
            "Date","Interest Date","Amount","Account","Counterparty","Name","Description"
            "2026-03-31","2026-03-31","-1,234.56","NL47BUNQ","NL89","Landlord","Rent April"
            "2026-03-30","2026-03-30","750.00","NL47BUNQ","NL77","Boss","Salary"

            """, "2026-03-31 -1234.56 EUR Landlord", "2026-03-30 750.00 EUR Boss"),
        BankSample(
            "Triodos, zonder kop",
            """
            "31-03-2026","NL11TRIO0123456789","1.234,56","Debet","ENERGIE BV","NL22INGB0123456789","IC","Termijn april","5.000,00"
            "30-03-2026","NL11TRIO0123456789","50,00","Credit","J JANSEN","NL33INGB0123456789","OV","Terug","6.234,56"

            """, "2026-03-31 -1234.56 EUR ENERGIE", "2026-03-30 50.00 EUR JANSEN"),
        BankSample(
            "Monzo",
            """
            Transaction ID,Date,Time,Type,Name,Emoji,Category,Amount,Currency,Local amount,Local currency,Notes and #tags,Address,Receipt,Description,Category split,Money Out,Money In
            tx_1,31/03/2026,12:00:00,Card payment,Pret A Manger,🥪,Eating out,-5.35,GBP,-5.35,GBP,,1 High St,,PRET A MANGER LONDON,,-5.35,
            tx_2,30/03/2026,09:00:00,Faster payment,Mum,,Transfers,20.00,GBP,20.00,GBP,birthday,,,birthday,,,20.00

            """, "2026-03-31 -5.35 GBP Pret", "2026-03-30 20.00 GBP Mum"),
        BankSample(
            "Barclays UK",
            """
            Number,Date,Account,Amount,Subcategory,Memo
             ,31/03/2026,20-00-00 12345678,-12.99,DIRECTDEP,SPOTIFY ON 30 MAR CPM
            000123,30/03/2026,20-00-00 12345678,250.00,CREDIT,REFUND

            """, "2026-03-31 -12.99 EUR SPOTIFY", "2026-03-30 250.00 EUR REFUND"),
        BankSample(
            "Lloyds",
            """
            Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description,Debit Amount,Credit Amount,Balance
            31/03/2026,DEB,'11-22-33,12345678,TESCO STORES,25.00,,975.00
            30/03/2026,FPI,'11-22-33,12345678,A FRIEND,,100.00,1000.00

            """, "2026-03-31 -25.00 EUR TESCO", "2026-03-30 100.00 EUR FRIEND"),
        BankSample(
            "NatWest",
            """

            Date, Type, Description, Value, Balance, Account Name, Account Number
            31 Mar 2026,POS,"'1234 30MAR26 , CO-OP FOOD",-6.10,993.90,"'CURRENT","'111111-22222222",
            30 Mar 2026,BAC,"'SALARY",1000.00,1000.00,"'CURRENT","'111111-22222222",

            """, "2026-03-31 -6.10 EUR CO-OP", "2026-03-30 1000.00 EUR SALARY"),
        BankSample(
            "HSBC UK, without a header",
            """
            31/03/2026,DD OCTOPUS ENERGY,-102.45
            30/03/2026,CR SALARY,"2,000.00"
            29/03/2026,VIS SAINSBURYS,-23.10

            """, "2026-03-31 -102.45 EUR OCTOPUS", "2026-03-30 2000.00 EUR SALARY", "2026-03-29 -23.10 EUR SAINSBURYS"),
        BankSample(
            "Santander UK, in text",
            """
            From: 01/03/2026 to 31/03/2026
            Account: XXXX XXXX XXXX 1234

            Date\tDescription\tAmount\tBalance
            31/03/2026\tCARD PAYMENT TO LIDL\t-9.99\t90.01
            30/03/2026\tFASTER PAYMENTS RECEIPT\t50.00\t100.00

            """, "2026-03-31 -9.99 EUR LIDL", "2026-03-30 50.00 EUR FASTER"),
        BankSample(
            "Nationwide",
            """
            "Account Name:","FlexAccount ****12345"
            "Account Balance:","£1,234.56"
            "Available Balance: ","£1,234.56"

            "Date","Transaction type","Description","Paid out","Paid in","Balance"
            "31 Mar 2026","Visa purchase","ALDI","£11.50","","£1,234.56"
            "30 Mar 2026","Bank credit","EMPLOYER","","£1,000.00","£1,246.06"

            """, "2026-03-31 -11.50 GBP ALDI", "2026-03-30 1000.00 GBP EMPLOYER"),
        BankSample(
            "Starling",
            """
            Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP),Spending Category,Notes
            30/03/2026,Tesco,TESCO 1234,CONTACTLESS,-10.00,90.00,GROCERIES,
            31/03/2026,Mum,gift,FASTER PAYMENT,25.00,115.00,INCOME,

            """, "2026-03-30 -10.00 GBP Tesco", "2026-03-31 25.00 GBP Mum"),
        BankSample(
            "Barclaycard",
            """
            Date Processed,Description,Amount,
            Pending,CAFE                 LONDON       GBR,£67.40,
            12-Dec-2026,ROYAL LONDON INSURANCE        GBR,"£1,183.23",
            03-Dec-2026,TFL TRAVEL CH          TFL.GOV.UK/CP GBR,£1.50,
            02-Dec-2026,PAYMENT RECEIVED - THANK YOU,"+ £1,100.00",CR

            """, "2026-12-12 -1183.23 GBP ROYAL", "2026-12-03 -1.50 GBP TFL", "2026-12-02 1100.00 GBP PAYMENT"),
        BankSample(
            "AIB",
            """
            Posted Account, Posted Transactions Date, Description1, Description2, Description3, Debit Amount, Credit Amount,Balance,Posted Currency,Transaction Type,Local Currency Amount,Local Currency
            "123456","31/03/26","VDP-SUPERVALU","","","12.34",,"87.66","EUR","Debit","12.34","EUR"
            "123456","30/03/26","SALARY","","",,"100.00","100.00","EUR","Credit","100.00","EUR"

            """, "2026-03-31 -12.34 EUR SUPERVALU", "2026-03-30 100.00 EUR SALARY"),
        BankSample(
            "Revolut",
            """
            Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance
            CARD_PAYMENT,Current,2026-03-29 18:13:48,2026-03-30 18:22:20,Cafe,-9.50,0.00,EUR,COMPLETED,490.50
            TRANSFER,Current,2026-03-30 19:00:00,2026-03-30 19:00:01,To Bob,-100.00,1.50,EUR,COMPLETED,389.00
            TOPUP,Current,2026-03-30 20:00:00,2026-03-31 01:00:00,Top-Up,200.00,0.00,EUR,COMPLETED,589.00
            CARD_PAYMENT,Current,2026-03-31 10:00:00,,Hotel,-80.00,0.00,EUR,REVERTED,
            CARD_PAYMENT,Current,2026-03-31 11:00:00,,Taxi,-20.00,0.00,EUR,PENDING,

            """, "2026-03-30 -9.50 EUR Cafe", "2026-03-30 -101.50 EUR Bob", "2026-03-31 200.00 EUR Top-Up"),
        BankSample(
            "Wise",
            """
            "TransferWise ID",Date,Amount,Currency,Description,"Payment Reference","Running Balance","Exchange From","Exchange To","Exchange Rate","Payer Name","Payee Name","Payee Account Number",Merchant,"Card Last Four Digits","Card Holder Full Name",Attachment,Note,"Total fees"
            CARD-1,31-03-2026,-12.30,EUR,"Card transaction of 12.30 EUR issued by Lidl",,87.70,,,,,,,Lidl,1234,ME,,,0.00
            TRANSFER-2,30-03-2026,100.00,EUR,"Received money from BOB",ref,100.00,,,,BOB,,,,,,,,0.00

            """, "2026-03-31 -12.30 EUR Lidl", "2026-03-30 100.00 EUR BOB"),
    ]
}
