import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Identity

@Suite(.accounts) struct `A profile` {
    @Test func `has what was written of oneself, and says how complete it is`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            func put(_ body: String) async throws -> Answer {
                try await app.send("PUT", "/api/v1/users/me", body, bearer: ada.accessToken)
            }
            let changed = try await put(
                #"{"firstName":"Ada","bio":"Counts.\nAnd writes.","timeZone":"Europe/London","language":"de"}"#)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.data["bio"]?.string == "Counts.\nAnd writes.")
            #expect(changed.data["timeZone"]?.string == "Europe/London" && changed.data["language"]?.string == "de")
            #expect(changed.data["completeness"]?.int == 60 && changed.data["avatarUrl"] == .null)
            _ = try await app.database.writer.query("UPDATE users SET email_verified_at = now()")
            #expect(try await put(#"{"bio":null}"#).data["completeness"]?.int == 60)
            let kept = try await app.get("/api/v1/users/me", bearer: ada.accessToken)
            #expect(
                kept.data["bio"] == .null && kept.data["timeZone"]?.string == "Europe/London", "what is not named stays"
            )
            let wrong = try await put(#"{"timeZone":"Mars/Olympus","language":"tlh"}"#)
            #expect(wrong.status == 400 && wrong.text.contains("IANA") && wrong.text.contains("language"))
            #expect(try await put(#"{"bio":"\#(String(repeating: "x", count: 501))"}"#).status == 400)
            #expect(try await app.count("SELECT count(*) FROM outbox WHERE name = 'user.profile_updated'") == 2)
            #expect(try await app.count("SELECT count(*) FROM audit.log WHERE action = 'PROFILE_CHANGED'") == 2)
        }
    }

    @Test func `takes an older client's preferences in one object, and keeps them where they belong`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            func put(_ body: String) async throws -> Answer {
                try await app.send("PUT", "/api/v1/users/me", body, bearer: ada.accessToken)
            }
            let changed = try await put(
                #"""
                {"preferences": {"currency": "inr", "dateFormat": "dd.MM.yyyy", "darkMode": true, "language": "hi", "timezone": "Asia/Kolkata", "theme": "x",
                    "notifications": {"email": false, "push": true, "budgetAlerts": false, "goalReminders": true},
                    "privacy": {"shareData": true}}}
                """#)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.data["language"]?.string == "hi" && changed.data["timeZone"]?.string == "Asia/Kolkata")
            let shown = try #require(changed.data["preferences"])
            #expect(shown["dateFormat"]?.string == "dd.MM.yyyy" && shown["darkMode"] == .bool(true))
            #expect(shown["currency"]?.string == "INR" && shown["timezone"]?.string == "Asia/Kolkata")
            #expect(shown["notifications"]?["email"] == .bool(false) && shown["notifications"]?["push"] == .bool(true))
            #expect(shown["notifications"]?["budgetAlerts"] == .bool(false))
            #expect(shown["privacy"]?["shareData"] == .bool(true) && shown["privacy"]?["analytics"] == .bool(false))
            let stored = try #require(
                try await app.database.first("SELECT preferences::text, notifications::text FROM user_preferences"))
            #expect(try stored.get(0, as: String.self).contains("INR"))
            #expect(try stored.get(1, as: String.self).contains(#""emailEnabled": false"#))
            let wrong = try await put(
                #"{"firstName":"Eve","preferences":{"timezone":"Mars","notifications":{"email":"no"}}}"#)
            #expect(wrong.status == 400)
            for bad in [
                #"{"preferences":[]}"#, #"{"preferences":{"notifications":1}}"#, #"{"preferences":{"currency":1}}"#,
            ] {
                #expect(try await put(bad).status == 400, "\(bad)")
            }
            let kept = try await app.get("/api/v1/users/me", bearer: ada.accessToken).data
            #expect(
                kept["firstName"]?.string == "Ada" && kept["language"]?.string == "hi", "nothing of a wrong one is kept"
            )
        }
    }
}
