/// Names of columns as exports of banks have them, in small letters without marks. Within one part, an earlier line
/// outweighs a later one.
enum CSVHeaderWords {
    static let all: [(CSVColumn, String)] = [
        (
            .date,
            """
            date,datum,fecha,data,dato,paivamaara,päivä,pvm,dag,дата,kuupaev,data operacji,data transakcji,date de l operation,date operation,dateop,fecha operacion,fecha de operacion,f operacion,data operazione,data movimento,data mov,data lancamento,data do lancamento,data da operacao,transactiondate,transaction date,trans date,transaction date utc,transaktionsdatum,datum transactie,datum verrichting,datum transakce,datum provedeni,transaksjonsdato,tapahtumapaiva,tranzakcio datuma,tranzakcio idopontja,дата операции,дата транзакции,kaufdatum,umsatzdatum,belegdatum,date d achat,fecha de la transaccion,txn date
            booking date,bookingdate,posting date,postingdate,posted date,post date,posted,date posted,date posted utc,buchungstag,buchungsdatum,buchung,date de comptabilisation,date comptable,date comptabilisation,datecomptable,data contabile,data registrazione,fecha contable,f contable,boekdatum,boekingsdatum,datum boeking,bokforingsdag,bokforingsdatum,bokford,bokfort,bokfort dato,bogforingsdato,bogfort,kirjauspaiva,data ksiegowania,data zaksiegowania,datum zauctovani,datum zaúčtování,datum odepsani,konyveles datuma,konyvelesi datum,konyveles napja,дата проводки,дата зачисления,execution date,accounting date,entry date,data waluty transakcji,data rejestracji
            completed date,date completed,date completed utc,created,created utc,created date utc,created date,date created,started date,date started,date started utc,timestamp,datetime,date time,time,date and time,journaldate,journal date,settled,settlement date,datum verrekening,zeitstempel,effective date,available on utc,datum i cas,дата и время
            """
        ),
        (
            .valueDate,
            """
            value date,valuedate,valuta,valutadatum,wertstellung,wertstellungstag,wertstellungsdatum,wert,valuta datum,date valeur,date de valeur,datevaleur,data valuta,fecha valor,f valor,fecha de valor,rentedatum,valutadato,valuteringsdag,rantedag,rentedato,arvopaiva,data waluty,data valor,ertéknap,erteknap,datum valuty,дата валютирования,interest date,valutadate,data val,data efetiva
            """
        ),
        (
            .amount,
            """
            amount,betrag,umsatz,montant,importe,importo,bedrag,belopp,belob,beløb,belop,summa,suma,maara,määrä,kwota,kwota operacji,kwota transakcji,valor,castka,částka,objem,osszeg,összeg,сумма,transaction amount,transactionamount,buchungsbetrag,zauctovana castka,zaúčtovaná částka,tranzakcio osszege,kwota w walucie rachunku,montant de l operation,bedrag in eur,valoare,iznos,sum,value,betrag eur,сумма операции,сумма платежа,netamount,net amount,billing amount,amount gbp,kwota zlecenia,montante,valor da operacao,mutatie,umsatz eur,sumă
            gross,gross amount,original gross amt,total,total amount,paid,settlement amount,abrechnungsbetrag,rechnungsbetrag,net,payment amount
            """
        ),
        (
            .debit,
            """
            debit,debits,soll,debet,debe,dare,debito,debitos,uscite,uscita,sortie,sorties,debit amount,debitamount,withdrawal,withdrawals,withdrawal amt,withdrawal amount,money out,paid out,out,ausgang,ausgaben,lastschrift,belastung,belastung chf,belastung in chf,cargo,cargos,addebiti,addebito,egreso,egresos,wydatki,obciazenia,obciazenie,vydaje,vydej,kiadas,terheles,расход,списание,uttag,ut,ut av konto,ut fra konto,uit,amount debit,payments,spent,outflow,debit montant,gastos,saidas,debit eur,deb,panot ulos,dr amount,izdatki
            """
        ),
        (
            .credit,
            """
            credit,credits,haben,gutschrift,gutschrift chf,gutschrift in chf,haber,avere,credito,creditos,entrate,entrata,entree,entrees,credit amount,creditamount,deposit,deposits,deposit amt,deposit amount,money in,paid in,in,eingang,einnahmen,abono,abonos,accrediti,accredito,ingreso,ingresos,wplywy,uznania,uznanie,prijmy,prijem,bevetel,jovairas,приход,зачисление,insattning,inn,inn pa konto,bij,amount credit,receipts,received,inflow,credit montant,entradas,credit eur,cred,kredit,cr amount,priljevi
            """
        ),
        (
            .indicator,
            """
            debit credit,credit debit,af bij,soll haben,s h,d c,c d,dr cr,cr dr,d k,debit or credit,credit debit indicator,debit credit indicator,indicator,debet credit,debe haber,bevetel kiadas,debit credit code,sens,segno,kierunek,dc,crdt dbit,дебет кредит,bij af,cdtdbtind,transaction direction,direction,transaction type,type,typ,tipo
            """
        ),
        (
            .payee,
            """
            payee,payee name,merchant,merchant name,merchantname,counterparty,counterparty name,counter party,counter party name,contra account name,counteraccount name,partner name,partnername,partner neve,beneficiary,beneficiary name,auftraggeber empfanger,empfanger auftraggeber,auftraggeber empfaenger,beguenstigter zahlungspflichtiger,begunstigter zahlungspflichtiger,name zahlungsbeteiligter,zahlungsempfanger,zahlungsempfaenger,zahlungspflichtige r,zahlungsempfanger in,empfanger,empfaenger,auftraggeber,handelaar,handler,haendler,naam tegenpartij,tegenpartij naam,naam tegenrekening,naam omschrijving,naam,nazev protiuctu,název protiúčtu,nazev protistrany,protistrana,nazov protistrany,kontrahent,nadawca odbiorca,odbiorca,nazwa odbiorcy,dane kontrahenta,beneficiaire,bénéficiaire,tiers,beneficiario,destinatario,ordinante,mottagare,avsandare mottagare,saaja maksaja,saaja,saajan nimi,modtager,afsender modtager,mottaker,gavejas,gavėjas,saaja nimi,maksja saaja nimi,kedvezmenyezett,ellenoldali nev,partner,получатель,контрагент,наименование контрагента,to from,recipient,recipient name,name of counterparty,contraparte,favorecido,beneficiar,store name,vendor,supplier,title of counterparty,other party name,other party,target name,empfangername,empfanger name,name of recipient,primatelj
            name,customer description,client,card member,name description
            """
        ),
        (
            .memo,
            """
            description,memo,details,narrative,verwendungszweck,vwz,text,libelle,libellé,concepto,descripcion,descrizione,causale,omschrijving,mededelingen,mededeling,tekst,forklaring,selite,tytul,tytuł,opis,opis operacji,descricao,historico,zprava pro prijemce,zpráva pro příjemce,zprava,message for payee,message for me,kozlemeny,közlemény,назначение платежа,описание,описание операции,transaction description,transaction details,transaktionsbeschreibung,label,paaiskinimai,paaiškinimai,particulars,reason,extra information,additional information,remittance information,payment details,transaction remarks,narration,operation,operacion,operacao,tytul operacji,popis,popis transakce,desc,beskrivelse,beskrivning,rubrik,maksutapahtuma,selgitus,detalii,opis transakcije,buchungsdetails,movimento,movimiento,uzenet,booking text,transaction text,detalle,transaktionstext,toelichting,bezeichnung,trans vat desc,reference text,message,viesti,melding,notiz,paiement
            buchungstext,notes,note,transaction,item,details 2,observaciones,information,informations,informacje,informationen,poznamka,poznámka,komentar,comment,comments,statement descriptor,more details,additional description,original description,transaktionsbeschreibung zusatz,meddelande,product,kategorie transakce,trans cac desc,client note,remarks
            """
        ),
        (
            .reference,
            """
            reference,ref,referenz,kundenreferenz,reference number,reference no,referencia,riferimento,referentie,kenmerk,betalingskenmerk,betalingsreferentie,payment reference,sepa reference,end to end referenz,end to end reference,end to end id,mandatsreferenz,checknumber,check number,check no,check,cheque,cheque no,chq ref no,cheque number,numero de cheque,check or slip,variabilni symbol,variable symbol,vs,viitenumero,viite,viitenumber,kid,reference id,buchungsreferenz,referans,референс,референс проводки,invoice id,invoice,bank reference,client reference,referencia 1,reference postaire,numer referencyjny,operation number
            """
        ),
        (
            .id,
            """
            transaction id,transactionid,id,fitid,id transakce,identifikator transakce,unique id,uniqueid,transaction reference number,transaction reference,transaction number,transaction no,transactionno,n de transaction,no de transaction,numero de transaction,numero de operacion,numero operacion,megbizas azonosito,tranzakcio azonosito,record id,iraso nr,įrašo nr,id operacji,id transakcji,numer transakcji,journalnumber,идентификатор,transaktions id,transaktionsnummer,transaction code id,transactieref,volgnr,volgnummer,arkiveringskod,arkistointitunnus,archive id,balance transaction id,referenčni broj
            """
        ),
        (
            .currency,
            """
            currency,currency code,wahrung,waehrung,devise,monnaie,monn,moneda,divisa,munt,muntsoort,valuta,valuutta,mena,měna,mena uctu,měna účtu,waluta,waluta rachunku,deviza,devizanem,pénznem,penznem,валюта,валюта счета,valiuta,billing cur code,transaction currency,tranzakcio devizaneme,buchungswahrung,moeda,ccy,curr,account currency,kontowahrung,valuuta,moneda cuenta
            """
        ),
        (
            .balance,
            """
            balance,saldo,kontostand,solde,running balance,runningbalance,account balance,saldo po operacji,saldo po transakcji,stan,zustatek,zůstatek,egyenleg,остаток,saldo nachher,saldo nach buchung,saldo disponible,disponible,likutis,cash balance,current balance,balance after,balance after transaction,closing balance,available balance,saldo contabile,saldo na mutatie,saldo danach,konyvelt egyenleg,bokfort saldo,sold,stanje,jaak,kontosaldo
            """
        ),
        (
            .type,
            """
            transaction type,transactiontype,type,typ,tipo,umsatzart,vorgang,type of transaction,typ transakce,typ transakcji,rodzaj operacji,rodzaj transakcji,tranzakcio tipusa,transactiesoort,mutatiesoort,soort,soort transactie,type d operation,nature,tipo movimento,tipo de movimiento,transaktionstyp,tapahtumalaji,posting text,transaksjonstype,typ operacji,buchungsart,вид операции,тип операции,mutation type
            buchungstext,code
            """
        ),
        (
            .status,
            """
            status,state,statetype,zustand,stav,stan transakcji,estado,statut,stato,статус,transaction status
            """
        ),
    ]

    /// Fees, rates, foreign amounts and own accounts: none of the parts, however alike.
    static let others = """
        amount refunded,original amount,originalbetrag,ursprungsbetrag,local amount,local currency,original currency,originalwahrung,currency original,amount currency,foreign amount,foreign currency,exchange rate,umrechnungskurs,wechselkurs,fee,fees,tax,tax amount,transfer amount,transfer amount currency,compensation amount,converted amount,converted amount refunded,converted currency,disputed amount,kosten op verrichting,koers,puvodni castka a mena,originalamount,originalcurrency,bedrag in vreemde valuta,account name,own account name,szamla neve,card number,card no,bank account,partner bank account,account,account number,account no,category,subcategory,kategorie,categorie,categoria,kategoria,kategoria transakcji,time zone,transaction time,uhrzeit,tijd,cas,mode,captured,card name,card brand,card id,customer id,customer email,seller message,dispute status,dispute reason,dispute date,application fee,shipping name,transfer date,bank name,bank,branch,city,country,address,price,shares,quantity,total shares,total value,closing price,closing value,cancellation,storno,fund,symbol,isin,commission,poplatek,glaubiger id,glaeubiger id,mandate reference,mandate identification,merchant category code,merchant place,merchantplace,merchant country,merchantcountry,merchant category,memoconv,account owner,owner,auftragskonto,start date,end date,nazev uctu,název účtu,cislo uctu,číslo účtu,cislo protiuctu,ultimate receiver name,reason for non execution,date of birth,due date,card exp month,card exp year,dispute evidence due,dispute date utc,transfer group,taxes on fee,interchange costs,customer facing amount,customer facing currency,fee currency,initial balance,transfer total currency,customer facing amount refunded
        """
}
