import Base
import Database
import HTTP

/// What a client is told when the database could not do its part. Everything else of it is our own fault: a 500.
extension DatabaseError: RefusalConvertible {
    package var refusal: Refusal? {
        switch kind {
        case .unavailable:
            Refusal(
                .unavailable, "DATABASE_UNAVAILABLE",
                "The database is not reachable at the moment. Nothing was changed. Try again shortly.", retryAfter: 2)
        case .outcomeUnknown:
            Refusal(
                .unavailable, "OUTCOME_UNKNOWN",
                "The connection to the database was lost at the last moment: the change may or may not be stored. Look before you repeat it, or repeat it with the same Idempotency-Key.",
                retryAfter: 2)
        case .timeout:
            Refusal(
                .unavailable, "DATABASE_TIMEOUT",
                "This took too long and was undone. Try again, with a smaller range if there is one.", retryAfter: 5)
        case .statement where sqlState == "22003":
            .sumTooLarge
        case .statement where sqlState.hasPrefix("53"):
            // 53100 disk full, 53200 out of memory: the operator's to mend, and nothing was stored.
            Refusal(
                .unavailable, "STORAGE_EXHAUSTED",
                "The database has no room left for this. Nothing was changed. Tell the operator, and try again later.",
                retryAfter: 30)
        case .statement, .decoding: nil
        }
    }
}

extension Refusal {
    package static let sumTooLarge = Refusal(
        .unprocessable, "SUM_TOO_LARGE", "The sums of this book would become too large to be counted exactly.")
}
