/// How the files of one bank are read, saved under a name: the corrections that somebody made once.
package struct StatementProfile: Equatable, Sendable {
    package var name: String
    /// The signature of the files that it is for; see `StatementReader.signature`.
    package var signature: String
    package var mapping: CSVMappingOverride

    package init(name: String, signature: String, mapping: CSVMappingOverride) {
        self.name = name
        self.signature = signature
        self.mapping = mapping
    }
}

extension CSVMappingOverride {
    /// These corrections, and beneath them those of another for all that these leave open.
    package func over(_ other: CSVMappingOverride) -> CSVMappingOverride {
        var merged = self
        merged.delimiter = delimiter ?? other.delimiter
        merged.encoding = encoding ?? other.encoding
        merged.headerLines = headerLines ?? other.headerLines
        // An order and a format say the same thing twice: the one that was told last counts.
        if dateOrder == nil, dateFormat == nil {
            merged.dateOrder = other.dateOrder
            merged.dateFormat = other.dateFormat
        }
        merged.decimalSeparator = decimalSeparator ?? other.decimalSeparator
        merged.negate = negate ?? other.negate
        merged.currency = currency ?? other.currency
        merged.outgoingWords = outgoingWords ?? other.outgoingWords
        merged.incomingWords = incomingWords ?? other.incomingWords
        merged.moreMemo = moreMemo ?? other.moreMemo
        merged.columns = other.columns.merging(columns) { _, own in own }
        return merged
    }
}
