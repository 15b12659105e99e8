/// What a `User-Agent` says of itself, in two words that its owner knows the device by. Nothing is decided by it.
package struct Device: Equatable, Sendable {
    package let program: String?
    package let system: String?

    package init(userAgent: String?) {
        let text = userAgent ?? ""
        program = Self.first(of: Self.programs, in: text) ?? Self.plainName(text)
        system = Self.first(of: Self.systems, in: text)
    }

    /// `Firefox on Linux`.
    package var words: String {
        switch (program, system) {
        case (let program?, let system?): "\(program) on \(system)"
        case (let name?, nil), (nil, let name?): name
        case (nil, nil): "An unknown program"
        }
    }

    /// In this order: each names those behind it, too.
    private static let programs = [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Vivaldi", "Vivaldi"),
        ("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chromium/", "Chromium"),
        ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ]
    private static let systems = [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
        ("Macintosh", "Mac"), ("Linux", "Linux"),
    ]

    private static func first(of names: [(mark: String, name: String)], in text: String) -> String? {
        names.first { text.contains($0.mark) }?.name
    }

    /// `curl/8.1` is called curl; what calls itself Mozilla and nothing we know stays unnamed.
    private static func plainName(_ text: String) -> String? {
        let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == "." }.prefix(40)
        return name.isEmpty || name == "Mozilla" ? nil : String(name)
    }
}
