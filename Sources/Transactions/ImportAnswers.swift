import Base
import Database
import HTTP
import JSON
import Resources
import Statements

/// What the routes of imports answer.
enum ImportAnswers {
    private static let rejected = Schema.array(ImportStore.rejections.schema)

    private static let line = Schema.object(
        name: "ImportedLine",
        [
            SchemaProperty("line", .integer()), SchemaProperty("status", .choice(["imported", "duplicate"])),
            SchemaProperty("entryId", .uuid, required: false),
        ])

    static let outcome = Schema.object(
        name: "ImportOutcome",
        [
            SchemaProperty("id", .uuid), SchemaProperty("format", .text), SchemaProperty("filename", .text),
            SchemaProperty("profile", .nullable(.text)), SchemaProperty("account", .nullable(.text)),
            SchemaProperty("departmentId", .nullable(.uuid)), SchemaProperty("departmentName", .nullable(.text)),
            SchemaProperty("imported", .integer()), SchemaProperty("duplicates", .integer()),
            SchemaProperty("rejectedCount", .integer()),
            SchemaProperty("rejected", rejected, "The first ones; /imports/{id}/rejected has all."),
            SchemaProperty("results", .array(line), required: false, "Where the first lines went."),
            SchemaProperty(
                "warnings", .array(.text),
                "What was taken for granted and may be wrong: which of two orders dates have."),
            SchemaProperty("createdAt", .instant),
        ])

    static let detail: Schema = {
        guard case .object(_, let properties) = ImportStore.resource.schema else { return ImportStore.resource.schema }
        return .object(
            name: "ImportDetail",
            properties + [SchemaProperty("rejected", rejected, "The first ones; /imports/{id}/rejected has all.")])
    }()

    static let preview = Schema.object(
        name: "ImportPreview",
        [
            SchemaProperty("format", .text),
            SchemaProperty("profile", .nullable(.text), "The name of the import profile that was used."),
            SchemaProperty(
                "signature", .text, required: false, "What a CSV file has in common with others of the same export."),
            SchemaProperty(
                "mapping", .anything, required: false, "How a CSV file is read; change it and send it back."),
            SchemaProperty("columns", .array(.text), required: false, "The names of a CSV file's columns."),
            SchemaProperty(
                "accounts", .array(.anything),
                "The first transactions, by account; of more than \(StatementPreview.accountLimit) accounts, those of the first."
            ),
            SchemaProperty("accountCount", .integer(), "All accounts of the file, also those that are not listed."),
            SchemaProperty("transactionCount", .integer(), "All transactions, also those that are not listed."),
            SchemaProperty("rejected", rejected),
            SchemaProperty("rejectedCount", .integer()),
        ])

    static let undone = Schema.object(
        name: "ImportUndone",
        [
            SchemaProperty("id", .uuid), SchemaProperty("removed", .integer()),
            SchemaProperty("kept", .integer(), "Entries that were changed since, and stay."),
        ])

    static func write(_ row: Row, rejected: Rows, to writer: inout JSONWriter) throws {
        try ImportStore.resource.write(row, to: &writer) { writer in
            writer.key("rejected")
            try ImportStore.rejections.write(rejected, to: &writer)
        }
    }
}

extension Importer.Outcome {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.identifier(id)
        writer.key("format")
        writer.string(format)
        writer.key("filename")
        writer.string(filename)
        writer.key("profile")
        writer.string(profile)
        writer.key("account")
        writer.string(account)
        writer.key("departmentId")
        writer.identifier(department?.id)
        writer.key("departmentName")
        writer.string(department?.name)
        writer.key("imported")
        writer.int(Int64(imported))
        writer.key("duplicates")
        writer.int(Int64(duplicates))
        writer.key("rejectedCount")
        writer.int(Int64(rejectedCount))
        writer.key("rejected")
        rejected.write(to: &writer)
        writer.key("results")
        writer.beginArray()
        for result in results {
            writer.beginObject()
            writer.key("line")
            writer.int(Int64(result.line))
            writer.key("status")
            writer.string(result.entry == nil ? "duplicate" : "imported")
            if let entry = result.entry {
                writer.key("entryId")
                writer.identifier(entry)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.key("warnings")
        writer.beginArray()
        for warning in warnings { writer.string(warning) }
        writer.endArray()
        writer.key("createdAt")
        writer.instant(createdAt)
        writer.endObject()
    }
}
