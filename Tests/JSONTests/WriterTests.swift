import Base
import JSON
import Testing

private func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
}

@Suite struct `The JSON writer` {
    @Test func `puts commas where they belong`() {
        let key: PreparedKey = "list"
        let text = written {
            $0.beginObject()
            $0.key("a")
            $0.int(-1)
            $0.key(key)
            $0.beginArray()
            $0.beginObject()
            $0.endObject()
            $0.null()
            $0.bool(true)
            $0.beginArray()
            $0.endArray()
            $0.bool(false)
            $0.endArray()
            $0.key("ü\"\n" as String)
            $0.raw("[1,2]".utf8)
            $0.endObject()
        }
        #expect(text == #"{"a":-1,"list":[{},null,true,[],false],"ü\"\n":[1,2]}"#)
    }

    @Test func `escapes what must be, and nothing else`() {
        let text = written { $0.string("\"\\/\u{08}\u{0C}\n\r\t\u{0}\u{1F}\u{7F} é€😀\u{2028}") }
        #expect(text == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7F} é€😀\u{2028}\"")
    }

    @Test func `writes values as the API shows them`() throws {
        let id = try BookID.parse("0198c5b8-6d1e-7a30-b1c2-0123456789ab")
        let text = written {
            $0.beginArray()
            $0.money(Money(minorUnits: -1250, currency: .eur))
            $0.money(Money(minorUnits: 7, currency: .jpy))
            $0.currency(.eur)
            $0.identifier(id)
            $0.instant(Instant(milliseconds: 1))
            $0.date(Instant(milliseconds: 1).utcDate)
            $0.int(Int64.min)
            $0.int(UInt8.max)
            $0.decimal(-5, fractionDigits: 2)
            $0.decimal(7, fractionDigits: 0)
            $0.string(nil as String?)
            $0.date(nil as CalendarDate?)
            $0.endArray()
        }
        #expect(
            text == #"[-12.50,7,"EUR","0198c5b8-6d1e-7a30-b1c2-0123456789ab","1970-01-01T00:00:00.001Z","1970-01-01","#
                + #"-9223372036854775808,255,-0.05,7,null,null]"#)
    }
}
