import HTTP
import JSON
import TestSupport
import Testing

@Suite(.tags(.http)) struct `A path` {
    @Test func `finds the static route before the one with a parameter`() async throws {
        try await TestApplication.run { app async throws in
            #expect(try await app.get("/api/v1/things").data["route"] == .string("all"))
            #expect(try await app.get("/api/v1/things/special").data["route"] == .string("special"))
            let one = try await app.get("/api/v1/things/other")
            #expect(one.data["route"] == .string("one") && one.data["id"] == .string("other"))
        }
    }

    @Test func `has its parameter decoded`() async throws {
        try await TestApplication.run { app async throws in
            #expect(try await app.get("/api/v1/things/a%2Fb%20%C3%A9+").data["id"] == .string("a/b é+"))
            for malformed in ["%", "%2", "%zz", "%00", "%FF", "%C3"] {
                #expect(try await app.get("/api/v1/things/\(malformed)").status == 404, "\(malformed)")
            }
        }
    }

    @Test func `is served without its version as well, and under its other names`() async throws {
        try await TestApplication.run { app async throws in
            #expect(try await app.get("/api/things/x").data["id"] == .string("x"))
            #expect(try await app.get("/api/v1/objects/x").data["id"] == .string("x"))
            #expect(try await app.get("/api/objects/x").data["id"] == .string("x"))
            #expect(try await app.get("/api/v1/things/all").data["route"] == .string("all"))
            #expect(try await app.get("/api/v2/things").status == 404)
        }
    }

    @Test(arguments: [
        "/", "/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v1/things/a/b", "/things", "/API/V1/things",
        "/nothing",
    ])
    func `that leads nowhere is not found`(path: String) async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.get(path)
            #expect(answer.status == 404 && answer.code == "NOT_FOUND")
        }
    }

    @Test func `says which methods it has`() async throws {
        try await TestApplication.run { app async throws in
            let refused = try await app.send("PATCH", "/api/v1/things/x")
            #expect(refused.status == 405 && refused.code == "METHOD_NOT_ALLOWED")
            #expect(refused["allow"] == "DELETE, GET, PUT, HEAD, OPTIONS")
            let options = try await app.send("OPTIONS", "/api/v1/things/x")
            #expect(
                options.status == 204 && options["allow"] == "DELETE, GET, PUT, HEAD, OPTIONS" && options.body.isEmpty)
            #expect(try await app.send("GET", "/api/v1/guess")["allow"] == "POST, OPTIONS")
            #expect(try await app.send("BREW", "/api/v1/things").status == 405)
            #expect(try await app.send("get", "/api/v1/things").status == 405)
            #expect(try await app.send("OPTIONS", "*").status == 204)
            #expect(try await app.send("POST", "/page").status == 405)
            #expect(try await app.get("/page").text == "<p>A page</p>")
        }
    }

    @Test func `answers HEAD as GET without the body`() async throws {
        try await TestApplication.run { app async throws in
            for path in ["/api/v1/things", "/api/v1/tagged", "/page", "/api/v1/big?bytes=800"] {
                let get = try await app.get(path)
                let head = try await app.send("HEAD", path)
                #expect(head.status == 200 && head.body.isEmpty && !get.body.isEmpty)
                #expect(
                    head["content-length"] == get["content-length"] && head["content-length"] == "\(get.body.count)")
                #expect(head["content-type"] == get["content-type"] && head["etag"] == get["etag"])
            }
            #expect(try await app.send("HEAD", "/api/v1/guess").status == 405)
        }
    }
}

@Suite(.tags(.http)) struct `What may be sent and taken` {
    @Test(arguments: [
        "application/json", "*/*", "application/*", "text/html, application/json;q=0.1", "APPLICATION/JSON",
        "text/html;q=0.9, */*;q=0.1",
    ])
    func `is answered where the Accept header lets it`(accept: String) async throws {
        try await TestApplication.run { app async throws in
            #expect(try await app.get("/api/v1/things", ("Accept", accept)).status == 200)
        }
    }

    @Test(arguments: ["text/html", "image/*", "application/json;q=0", "*/*;q=0.0", "application/xml, text/html"])
    func `is not acceptable otherwise`(accept: String) async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.get("/api/v1/things", ("Accept", accept))
            #expect(answer.status == 406 && answer.code == "NOT_ACCEPTABLE")
        }
    }

    @Test(arguments: [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", "",
    ])
    func `is JSON and no other type`(type: String) async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.send("POST", "/api/v1/things", [("Content-Type", type)], body: #"{"name":"a"}"#)
            #expect(answer.status == 415 && answer.code == "UNSUPPORTED_MEDIA_TYPE")
        }
    }

    @Test(arguments: [
        "application/json", "application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json",
    ])
    func `is taken as JSON`(type: String) async throws {
        try await TestApplication.run { app async throws in
            #expect(
                try await app.send("POST", "/api/v1/things", [("Content-Type", type)], body: #"{"name":"a"}"#).status
                    == 201)
        }
    }

    @Test(arguments: [
        "", "{", "[]", "7", "null", #"{"name":"a"}x"#, #"{"name":"a","name":"b"}"#, "\u{FEFF}{", "{\"name\":\"\u{1}\"}",
        String(repeating: "[", count: 4000),
    ])
    func `is an object, well formed`(body: String) async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.post("/api/v1/things", body)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.json["success"] == .bool(false))
        }
    }

    @Test func `is not larger than the limit`() async throws {
        try await TestApplication.run { app async throws in
            let padding = String(repeating: " ", count: 4096 - #"{"name":"a"}"#.utf8.count)
            #expect(try await app.post("/api/v1/things", #"{"name":"a"}"# + padding).status == 201)
            let large = try await app.post("/api/v1/things", #"{"name":"a"}"# + padding + " ")
            #expect(large.status == 413 && large.code == "BODY_TOO_LARGE")
        }
    }

    @Test func `has all its problems reported together`() async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.post(
                "/api/v1/things", #"{"size":10,"flag":"yes","since":"2026-02-30","kind":"huge","tags":["abcd"]}"#)
            #expect(answer.status == 400)
            #expect(Set(answer.problems) == ["name", "size", "flag", "since", "kind", "tags"])
            #expect(try await app.post("/api/v1/things", #"{"name":" "}"#).problems == ["name"])
            #expect(try await app.post("/api/v1/things", #"{"name":"a","tags":["a","b","c"]}"#).problems == ["tags"])
            #expect(try await app.post("/api/v1/things", #"{"name":"a","size":1.0}"#).problems == ["size"])
            let good = try await app.post(
                "/api/v1/things", #"{"title":"  née ","size":9,"tags":["a","b"],"unknown":[]}"#)
            #expect(good.status == 201 && good.data["name"] == .string("née") && good.data["tags"] == .string("a|b"))
        }
    }

    @Test func `has its query's problems reported together`() async throws {
        try await TestApplication.run { app async throws in
            let answer = try await app.get("/api/v1/things?since=soon&word=abcdefghijk&flag=maybe")
            #expect(answer.status == 400 && Set(answer.problems) == ["since", "word", "flag"])
            let good = try await app.get("/api/v1/things?from=2026-03-31&word=a%26b&flag=YES&unknown=1")
            #expect(
                good.data["since"] == .string("2026-03-31") && good.data["word"] == .string("a&b")
                    && good.data["flag"] == .string("true"))
            for malformed in ["word=%", "word=%FF", "word=a%00b", "%zz=1"] {
                #expect(try await app.get("/api/v1/things?\(malformed)").code == "QUERY_MALFORMED", "\(malformed)")
            }
            let many = (0...64).map { "p\($0)=1" }.joined(separator: "&")
            #expect(try await app.get("/api/v1/things?\(many)").code == "QUERY_TOO_LONG")
            #expect(
                try await app.get("/api/v1/things?since=2026-01-01&since=x&&word=").data["since"]
                    == .string("2026-01-01"))
        }
    }
}

@Suite(.tags(.http)) struct `Who may` {
    @Test func `is checked before the handler`() async throws {
        try await TestApplication.run { app async throws in
            let nobody = try await app.get("/api/v1/signed-in")
            #expect(
                nobody.status == 401 && nobody.code == "MISSING_TOKEN"
                    && nobody["www-authenticate"] == "Bearer realm=\"purser\"")
            #expect(try await app.get("/api/v1/signed-in", ("Authorization", "Bearer wrong")).code == "INVALID_TOKEN")
            #expect(
                try await app.get("/api/v1/signed-in", ("Authorization", "Bearer user")).data["user"]
                    == .string("\(Things.user)"))
            #expect(try await app.get("/api/v1/administration").status == 401)
            #expect(
                try await app.get("/api/v1/administration", ("Authorization", "Bearer user")).code
                    == "INSUFFICIENT_ROLE")
            #expect(try await app.get("/api/v1/administration", ("Authorization", "Bearer admin")).status == 200)
        }
    }

    @Test func `depends on the role in the book`() async throws {
        try await TestApplication.run { app async throws in
            let user = ("Authorization", "Bearer user")
            let viewed = ("X-Book", "\(Things.viewedBook)")
            #expect(try await app.get("/api/v1/book", viewed).status == 401)
            #expect(try await app.get("/api/v1/book", user, viewed).status == 200)
            #expect(try await app.get("/api/v1/book", user, ("X-Book", "x")).status == 404)
            let refused = try await app.post("/api/v1/book", "{}", user, viewed)
            #expect(refused.status == 403 && refused.code == "INSUFFICIENT_PERMISSIONS")
            #expect(
                try await app.post("/api/v1/book", "{}", user, ("X-Book", "00000000-0000-0009-0000-000000000009"))
                    .status == 200)
        }
    }
}
