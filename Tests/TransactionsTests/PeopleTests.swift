import Base
import Database
import Foundation
import HTTP
import Images
import JSON
import TestSupport
import Testing

/// Pictures made for a test: a PNG by hand, so that its header can lie.
private enum Picture {
    static func png(width: UInt32, height: UInt32, isInterlaced: Bool = false, comment: String? = nil) -> [UInt8] {
        var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        func big(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
        func chunk(_ type: String, _ data: [UInt8]) {
            let body = Array(type.utf8) + data
            bytes += big(UInt32(data.count)) + body + big(crc(body))
        }
        chunk("IHDR", big(width) + big(height) + [8, 2, 0, 0, isInterlaced ? 1 : 0])
        if let comment { chunk("tEXt", Array("Comment\0\(comment)".utf8)) }
        // One row after the other, stored without compression; of a large one, only the beginning.
        let isWhole = width * height <= 4_000_000
        let row =
            [UInt8(0)]
            + (0..<Int(isWhole ? width : min(width, 64))).flatMap { [UInt8(truncatingIfNeeded: $0 * 4), 90, 200] }
        let raw = Array(repeatElement(row, count: Int(isWhole ? height : min(height, 64))).joined())
        var stored: [UInt8] = [0x78, 0x01]
        var rest = raw[...]
        while !rest.isEmpty {
            let part = rest.prefix(60_000)
            rest = rest.dropFirst(part.count)
            let count = UInt16(part.count)
            stored += [
                rest.isEmpty ? 1 : 0, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8),
            ]
            stored += part
        }
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in raw {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        chunk("IDAT", stored + big(b << 16 | a))
        chunk("IEND", [])
        return bytes
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { value, byte in
            (0..<8).reduce(value ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
    }

    /// Half red, half blue, with what a camera writes before it: that it was held upright, and a word.
    static func jpeg(comment: String) throws -> [UInt8] {
        let picture = try decoded(
            "/9j/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/"
                + "2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAAR"
                + "CAAQACADASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQID"
                + "AAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNk"
                + "ZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl"
                + "5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC"
                + "AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpj"
                + "ZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk"
                + "5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDMooorkPoClRRRX1Z80f/Z")
        let exif: [UInt8] =
            Array("Exif\0\0II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]
            + Array(comment.utf8)
        let length = UInt16(exif.count + 2)
        return picture.prefix(2) + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + exif + picture.dropFirst(2)
    }

    /// Four inks, as printers have them.
    static func inks() throws -> [UInt8] {
        try decoded(
            "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAUDg8SDw0UEhASFxUUGB4yIR4cHB49LC4kMklATEtHQEZFUFpzYlBVbVZFRmSIZW13"
                + "e4GCgU5gjZeMfZZzfoF8/8AAFAgAEAAQBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//E"
                + "ALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2"
                + "Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrC"
                + "w8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwDr6wq266uiiiiiiiiiiiiv/9k=")
    }

    private static func decoded(_ text: String) throws -> [UInt8] {
        [UInt8](try #require(Data(base64Encoded: text)))
    }

    static func isWebP(_ bytes: [UInt8]) -> Bool {
        bytes.count > 12 && bytes.starts(with: Array("RIFF".utf8)) && bytes[8..<12].elementsEqual("WEBP".utf8)
    }
}

@Suite(.tags(.rules)) struct `A picture` {
    @Test func `becomes a small square, whatever its shape`() throws {
        for side in [96, 512] {
            let webP = try SquarePicture.webP(of: Picture.png(width: 64, height: 20), side: side)
            #expect(Picture.isWebP(webP) && webP.count < 32_768)
            #expect(Picture.isWebP(try SquarePicture.webP(of: webP, side: side)), "and is one that is taken again")
        }
    }

    @Test func `loses what the camera or a program has written into it`() throws {
        let word = "52.5200N 13.4050E"
        for picture in [Picture.png(width: 40, height: 60, comment: word), try Picture.jpeg(comment: word)] {
            #expect(String(decoding: picture, as: UTF8.self).contains(word))
            let webP = try SquarePicture.webP(of: picture, side: 96)
            for trace in [word, "EXIF", "Exif", "ICCP", "XMP "] {
                #expect(!String(decoding: webP, as: Unicode.ASCII.self).contains(trace), "\(trace)")
            }
        }
        #expect(Picture.isWebP(try SquarePicture.webP(of: Picture.inks(), side: 96)))
    }

    @Test func `is given up when it takes too long`() throws {
        let large = Picture.png(width: 300, height: 300)
        #expect(throws: SquarePicture.Problem.tooSlow) {
            try SquarePicture.webP(of: large, side: 512, deadline: .zero)
        }
        #expect(Picture.isWebP(try SquarePicture.webP(of: large, side: 512)))
        let passes = try Picture.jpeg(comment: "") + Array(repeatElement([0xFF, 0xDA], count: 200).joined())
        #expect(throws: SquarePicture.Problem.tooSlow) { try SquarePicture.webP(of: passes, side: 96) }
    }

    @Test func `is refused when it is none, is damaged, or has too many pixels`() {
        let good = Picture.png(width: 64, height: 64)
        #expect(throws: SquarePicture.Problem.unknownKind) { try SquarePicture.webP(of: [], side: 96) }
        for text in ["<svg xmlns='http://www.w3.org/2000/svg'/>", "GIF89a", "%PDF-1.4", "#!/bin/sh"] {
            #expect(throws: SquarePicture.Problem.unknownKind) {
                try SquarePicture.webP(of: Array(text.utf8), side: 96)
            }
        }
        #expect(throws: SquarePicture.Problem.tooLarge) {
            try SquarePicture.webP(of: Picture.png(width: 8001, height: 10), side: 96)
        }
        #expect(throws: SquarePicture.Problem.tooLarge) {
            try SquarePicture.webP(of: Picture.png(width: 7000, height: 7000), side: 96)
        }
        #expect(throws: SquarePicture.Problem.tooLarge, "one that is unpacked as a whole has fewer") {
            try SquarePicture.webP(of: Picture.png(width: 5000, height: 5000, isInterlaced: true), side: 96)
        }
        for count in [8, 20, 40, good.count / 2] {
            #expect(throws: SquarePicture.Problem.damaged, "\(count) bytes of it") {
                try SquarePicture.webP(of: Array(good.prefix(count)), side: 96)
            }
        }
        #expect(throws: SquarePicture.Problem.damaged) {
            try SquarePicture.webP(of: [0xFF, 0xD8, 0xFF] + [UInt8](repeating: 7, count: 500), side: 96)
        }
    }
}

@Suite(.tags(.http), .books) struct `People` {
    @Test func `show their picture to those they share a book with, and to nobody else`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada)
            let max = try await app.add(try await app.person("max"), to: home, as: .viewer)
            let zoe = try await app.person("zoe")
            let path = "/users/\(home.user)/avatar"
            #expect(try await max.get(path).status == 404, "there is none yet")
            let png = Picture.png(width: 64, height: 48)
            let set = try await home.send(
                "PATCH", "/users/me/avatar", bytes: png, fields: [("Content-Type", "image/png")])
            #expect(set.status == 200 && set.data.written("avatarUrl") == "/api/v1\(path)?v=1", "\(set.text)")
            for (viewer, status) in [(home, 200), (max, 200), (zoe, 404)] {
                let seen = try await viewer.get(path + "?size=512")
                #expect(seen.status == status && Picture.isWebP(seen.body) == (status == 200))
                #expect(try await viewer.get("/users/\(home.user)").status == status)
            }
            let seen = try await max.get(path)
            #expect(seen["content-type"] == "image/webp" && seen["cache-control"] == "private, no-cache")
            let tag = try #require(seen["etag"])
            func again(_ tag: String) async throws -> Int {
                try await app.client.send(
                    "GET", "/api/v1" + path, fields: [("Authorization", "Bearer \(max.user)"), ("If-None-Match", tag)]
                ).status
            }
            #expect(try await again(tag) == 304)
            let form = TestClient.form(Picture.png(width: 20, height: 30), filename: "me.png")
            let second = try await home.send(
                "PATCH", "/users/me/avatar", bytes: form.body, fields: [("Content-Type", form.contentType)])
            #expect(second.data.written("avatarUrl")?.hasSuffix("?v=2") == true)
            #expect(try await again(tag) == 200)
            #expect(
                try await home.get("/books/\(home.book)/members").items.contains {
                    $0.written("avatarUrl") == "/api/v1\(path)?v=2"
                })
            #expect(try await home.send("DELETE", "/books/\(home.book)/members/\(max.user)").status == 204)
            #expect(try await max.get(path).status == 404, "he has left the book")
            for _ in 0..<2 { #expect(try await home.send("DELETE", "/users/me/avatar").status == 204) }
            #expect(try await home.get(path).status == 404)
            // Its address is that of the first again, its tag is not.
            let third = try await home.send(
                "PATCH", "/users/me/avatar", bytes: Picture.png(width: 7, height: 7),
                fields: [("Content-Type", "image/png")])
            #expect(third.data.written("avatarUrl") == "/api/v1\(path)?v=1")
            #expect(try await home.send("GET", path, fields: [("If-None-Match", tag)]).status == 200)
            #expect(
                try await app.count(
                    "SELECT count(*) FROM audit.log WHERE action IN ('AVATAR_CHANGED', 'AVATAR_REMOVED')")
                    == 4)
        }
    }

    @Test func `send no picture that is none, too large, or too many pixels`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            func set(_ bytes: [UInt8]) async throws -> Answer {
                try await ada.send(
                    "PATCH", "/users/me/avatar", bytes: bytes, fields: [("Content-Type", "application/octet-stream")])
            }
            #expect(try await set(Array("<svg/>".utf8)).code == "IMAGE_INVALID")
            #expect(try await set(Array("<svg/>".utf8)).status == 415)
            #expect(try await set(Picture.png(width: 8001, height: 1)).code == "IMAGE_TOO_LARGE")
            #expect(try await set([UInt8](repeating: 0, count: SquarePicture.maximumBytes + 1)).status == 413)
            let form = TestClient.form([UInt8](repeating: 0, count: 3 << 20), filename: "me.png")
            #expect(
                try await ada.send(
                    "PATCH", "/users/me/avatar", bytes: form.body, fields: [("Content-Type", form.contentType)]
                ).status == 413)
            let other = try await ada.send(
                "PATCH", "/users/me/avatar",
                bytes: Array("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b--\r\n".utf8),
                fields: [("Content-Type", "multipart/form-data; boundary=b")])
            #expect(other.problems == ["avatar"])
            #expect(try await app.count("SELECT count(*) FROM user_avatars") == 0)
        }
    }

    @Test func `are found by those they share a book with, by the beginning of a name`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada)
            let max = try await app.add(try await app.person("max"), to: home, as: .viewer)
            _ = try await app.database.writer.query(
                "UPDATE users SET display_name = 'Max Müller_%' WHERE id = \(max.user)")
            let zoe = try await app.person("zoe")
            func found(_ person: Person, _ text: String) async throws -> [String] {
                try await person.get("/users/search?q=\(text)").items.compactMap { $0.written("name") }
            }
            #expect(try await found(home, "max") == ["Max Müller_%"])
            #expect(try await found(home, "M%C3%BCl") == ["Max Müller_%"])
            for text in ["a%25%25", "___"] { #expect(try await found(home, text).isEmpty, "\(text)") }
            #expect(try await found(zoe, "max").isEmpty)
            #expect(try await found(zoe, "max%40example.org").isEmpty, "the address is not confirmed")
            _ = try await app.database.writer.query(
                "UPDATE users SET email_verified_at = now(), avatar_version = 3 WHERE id = \(max.user)")
            let whole = try await zoe.get("/users/search?q=MAX%40example.org").items
            #expect(whole.map { $0.written("id") } == ["\(max.user)"])
            #expect(whole.first?["avatarUrl"] == .null, "a stranger's picture is not shown")
            #expect(try await zoe.get("/users/\(max.user)").status == 404, "nor is he")
            #expect(try await found(home, "max%40example.org") == ["Max Müller_%"])
            for text in ["ax%40example.org", "max%40example.or", "max%40"] {
                #expect(try await found(zoe, text).isEmpty, "\(text)")
            }
            #expect(try await home.get("/users/search?q=ma").problems == ["q"])
            #expect(try await home.get("/users/search").problems == ["q"])
        }
    }

    @Test func `are not looked for more often than a person does`() async throws {
        try await TestApp.run(rateLimits: RateLimits(people: 3)) { app in
            let (ada, zoe) = (try await app.ada, try await app.person("zoe"))
            for number in 1...4 {
                let answer = try await ada.get("/users/search?q=person\(number)%40example.org")
                #expect(answer.status == (number < 4 ? 200 : 429))
            }
            #expect(try await ada.get("/users/me/preferences").status == 200, "everything else goes on")
            #expect(try await zoe.get("/users/search?q=ada").status == 200)
        }
    }

    @Test func `keep what they have chosen, and what is wrong is not kept`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let first = try await ada.get("/users/me/preferences").data
            #expect(first["darkMode"] == .bool(false) && first.written("dateFormat") == "system")
            let changed = try await ada.put(
                "/users/me/preferences", #"{"darkMode":true,"currency":"jpy","other":"x","version":1}"#)
            #expect(
                changed.data["darkMode"] == .bool(true) && changed.data.written("currency") == "JPY", "\(changed.text)")
            #expect(
                try await ada.put("/users/me/preferences", #"{"darkMode":false,"version":1}"#).code == "STALE_VERSION")
            let wrong = try await ada.put("/users/me/preferences", #"{"darkMode":"yes","dateFormat":"x","currency":1}"#)
            #expect(Set(wrong.problems) == ["darkMode", "dateFormat", "currency"])
            #expect(try await ada.put("/users/me/preferences", #"{"currency":null}"#).data["currency"] == .null)
            #expect(try await ada.get("/users/me/preferences").data["darkMode"] == .bool(true))

            let path = "/users/me/notification-preferences"
            let told = try await ada.put(path, #"{"emailEnabled":false,"preferences":{"insights":false}}"#)
            #expect(told.data["emailEnabled"] == .bool(false))
            #expect(told.data["preferences"]?["insights"] == .bool(false))
            #expect(told.data["preferences"]?["budgetAlerts"] == .bool(true))
            #expect(told.data["preferences"]?["members"] == .bool(true))
            let second = try await ada.put(path, #"{"preferences":{"marketing":true}}"#)
            #expect(second.data["preferences"]?["insights"] == .bool(false), "what was not named stays")
            #expect(try await ada.put(path, #"{"preferences":{"insights":1}}"#).problems == ["preferences"])
            #expect(try await ada.put(path, "[]").status == 400)
            #expect(try await app.person("zoe").get(path).data["emailEnabled"] == .bool(true))
        }
    }
}
