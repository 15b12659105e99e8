/// The elements of CAMT that matter here; all others are `other`.
enum CAMTTag {
    case other
    case message, groupHeader, statement, account, entry, balance
    case id, iban, bban, upic, othr, prtryAcct, ccy, ownr, nm, creDtTm
    case tp, cdOrPrtry, cd, amt, cdtDbtInd, dt, dtTm
    case ntryRef, sts, rvslInd, bookgDt, valDt, acctSvcrRef, bkTxCd, domn, fmly, subFmlyCd, prtry, addtlNtryInf
    case txDtls, refs, endToEndId, chqNb, ref, amtDtls, txAmt, instdAmt, cntrValAmt
    case rltdPties, cdtr, dbtr, ultmtCdtr, ultmtDbtr, cdtrAcct, dbtrAcct, pty, agt, finInstnId
    case rmtInf, ustrd, strd, cdtrRefInf, addtlRmtInf, addtlTxInf
    case rltdDts, intrBkSttlmDt, txDtTm, accptncDtTm

    private static let names: [String: CAMTTag] = [
        "GrpHdr": .groupHeader, "Stmt": .statement, "Rpt": .statement, "Ntfctn": .statement,
        "Acct": .account, "Ntry": .entry, "Bal": .balance,
        "Id": .id, "IBAN": .iban, "BBAN": .bban, "UPIC": .upic, "Othr": .othr, "PrtryAcct": .prtryAcct, "Ccy": .ccy,
        "Ownr": .ownr, "Nm": .nm, "CreDtTm": .creDtTm,
        "Tp": .tp, "CdOrPrtry": .cdOrPrtry, "Cd": .cd, "Amt": .amt, "CdtDbtInd": .cdtDbtInd, "Dt": .dt, "DtTm": .dtTm,
        "NtryRef": .ntryRef, "Sts": .sts, "RvslInd": .rvslInd, "BookgDt": .bookgDt, "ValDt": .valDt,
        "AcctSvcrRef": .acctSvcrRef, "BkTxCd": .bkTxCd, "Domn": .domn, "Fmly": .fmly, "SubFmlyCd": .subFmlyCd,
        "Prtry": .prtry, "AddtlNtryInf": .addtlNtryInf,
        "TxDtls": .txDtls, "Refs": .refs, "EndToEndId": .endToEndId, "ChqNb": .chqNb, "Ref": .ref,
        // Version 1 names the reference of the creditor differently.
        "CdtrRef": .ref, "AmtDtls": .amtDtls, "TxAmt": .txAmt, "InstdAmt": .instdAmt, "CntrValAmt": .cntrValAmt,
        "RltdPties": .rltdPties, "Cdtr": .cdtr, "Dbtr": .dbtr, "UltmtCdtr": .ultmtCdtr, "UltmtDbtr": .ultmtDbtr,
        "CdtrAcct": .cdtrAcct, "DbtrAcct": .dbtrAcct, "Pty": .pty, "Agt": .agt, "FinInstnId": .finInstnId,
        "RmtInf": .rmtInf, "Ustrd": .ustrd, "Strd": .strd, "CdtrRefInf": .cdtrRefInf, "AddtlRmtInf": .addtlRmtInf,
        "AddtlTxInf": .addtlTxInf, "RltdDts": .rltdDts, "IntrBkSttlmDt": .intrBkSttlmDt, "TxDtTm": .txDtTm,
        "AccptncDtTm": .accptncDtTm,
    ]

    /// By the name without its prefix. `BkToCstmrStmt` and its like carry a version in their oldest form.
    init(_ name: String) {
        if let tag = Self.names[name] {
            self = tag
        } else {
            self = name.hasPrefix("BkToCstmr") ? .message : .other
        }
    }
}
