import Runtime

/// What an operator can set about imports.
package enum ImportSettings {
    package static let previewRows = Setting<Int>.number(
        "preview-rows", in: 1...100_000, default: 5000,
        "Transactions that the preview of a statement lists; further ones are only counted.")
    package static let rejectedLines = Setting<Int>.number(
        "import-rejected", in: 0...100_000, default: 1000,
        "Rejected lines that the answer to an import lists; all of them are at /imports/{id}/rejected.")
    package static let keptRejections = Setting<Int>.number(
        "import-kept-rejections", in: 0...10_000_000, default: 1_000_000,
        "Rejected lines that are kept for an import; further ones are only counted.")
    package static let resultLines = Setting<Int>.number(
        "import-results", in: 0...100_000, default: 1000, "Lines of which the answer to an import says where they went."
    )

    package static let all: [SettingDeclaration] = [
        previewRows.declaration, rejectedLines.declaration, keptRejections.declaration, resultLines.declaration,
    ]
}

/// How much of an import is told line by line. The import itself has no such bound.
package struct ImportLimits: Sendable {
    package var previewRows = 5000
    package var rejectedLines = 1000
    package var keptRejections = 1_000_000
    package var resultLines = 1000
    /// Lines that were there already and that the process remembers, some 30 MB; beyond that the database does.
    var rememberedDuplicates = 750_000

    package init() {}

    package init(_ configuration: Configuration) {
        previewRows = configuration[ImportSettings.previewRows]
        rejectedLines = configuration[ImportSettings.rejectedLines]
        keptRejections = configuration[ImportSettings.keptRejections]
        resultLines = configuration[ImportSettings.resultLines]
    }
}
