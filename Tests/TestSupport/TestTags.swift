import Testing

extension Tag {
    /// Pure, and done in an instant.
    @Tag package static var rules: Self
    /// Against a real PostgreSQL.
    @Tag package static var store: Self
    /// Through a real server.
    @Tag package static var http: Self
    /// Starts programs, or kills them.
    @Tag package static var slow: Self
}
