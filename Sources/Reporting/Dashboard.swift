import Base
import Database
import HTTP
import JSON
import Resources
import Transactions

/// Everything that the dashboard shows.
struct Dashboard: Sendable {
    let currency: Currency
    let month: Period
    let months: [MonthSums]
    let current: ReportStore.Sums
    let previous: ReportStore.Sums
    let categories: [CategorySum]
    let toDate: ReportStore.Sums
    let recent: Rows

    static let schema = Schema.object(
        name: "Dashboard",
        [
            SchemaProperty("currency", .currency),
            SchemaProperty("period", Period.fields.schema, "The current month."),
            SchemaProperty("totals", PeriodSums.fields.schema),
            SchemaProperty("previous", PeriodSums.fields.schema, "The month before."),
            SchemaProperty("byMonth", .array(MonthSums.fields.schema)),
            SchemaProperty("byCategory", .array(CategorySum.fields.schema), "Spending of the current month."),
            SchemaProperty("recent", .array(EntryStore.resource.schema)),
            SchemaProperty("balanceToDate", PeriodSums.fields.schema, "Everything up to the month's end."),
        ])

    func write(to writer: inout JSONWriter) throws {
        writer.beginObject()
        writer.key("currency")
        writer.currency(currency)
        writer.key("period")
        Period.fields.write(month, to: &writer)
        writer.key("totals")
        PeriodSums.fields.write(PeriodSums(sums: current, currency: currency), to: &writer)
        writer.key("previous")
        PeriodSums.fields.write(PeriodSums(sums: previous, currency: currency), to: &writer)
        writer.key("byMonth")
        MonthSums.fields.write(months, to: &writer)
        writer.key("byCategory")
        CategorySum.fields.write(categories, to: &writer)
        writer.key("recent")
        try EntryStore.resource.write(recent, to: &writer)
        writer.key("balanceToDate")
        PeriodSums.fields.write(PeriodSums(sums: toDate, currency: currency), to: &writer)
        writer.endObject()
    }
}
