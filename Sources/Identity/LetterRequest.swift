import Audit
import Base
import Cryptography
import Database
import HTTP
import JSON
import Jobs
import Outbound
import Runtime

/// A letter that somebody asks for by typing an address. Whether there is such an account is looked up by a job, after
/// the answer: so the answer and its time are the same for every address.
struct LetterRequest: Equatable, Sendable {
    enum Purpose: Equatable, Sendable {
        case verify, reset
        /// Somebody guesses the password, and has been stopped.
        case locked(client: String, minutes: Int)
    }

    let purpose: Purpose
    let email: EmailAddress

    static let job = "account.letter"
    private static let context = Array("account.letter".utf8)

    /// Sealed: people type passwords into the field for the address.
    func payload(_ secrets: SecretBox) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("email")
        writer.string(email.normalized)
        writer.key("purpose")
        switch purpose {
        case .verify: writer.string("verify")
        case .reset: writer.string("reset")
        case .locked(let client, let minutes):
            writer.string("locked")
            writer.key("client")
            writer.string(client)
            writer.key("minutes")
            writer.int(Int64(minutes))
        }
        writer.endObject()
        var payload = JSONWriter(capacity: 512)
        payload.beginObject()
        payload.key("sealed")
        payload.string(Base64URL.encode(secrets.seal(writer.bytes, context: Self.context)))
        payload.endObject()
        return payload.bytes
    }

    init(_ purpose: Purpose, to email: EmailAddress) {
        self.purpose = purpose
        self.email = email
    }

    /// Nil for what was sealed under a key that is gone.
    init?(_ payload: JSONValue, _ secrets: SecretBox) {
        guard let sealed = payload["sealed"]?.string, let box = Base64URL.decode(sealed.utf8),
            let opened = try? secrets.open(box, context: Self.context), let request = try? JSONValue.parse(opened),
            let email = request["email"]?.string.flatMap({ try? EmailAddress($0) })
        else { return nil }
        self.email = email
        switch request["purpose"]?.string {
        case "verify": purpose = .verify
        case "reset": purpose = .reset
        case "locked":
            purpose = .locked(client: request["client"]?.string ?? "", minutes: request["minutes"]?.int ?? 0)
        default: return nil
        }
    }
}

extension Accounts {
    /// In the transaction of what the letter tells of.
    func send(_ letter: Letter, to user: User, in connection: any Queryable) async throws {
        try await send(letter, to: user.emailAsGiven, language: user.language, in: connection)
    }

    func send(_ letter: Letter, to email: String, language: String, in connection: any Queryable) async throws {
        guard let message = letter.message(to: email, language: language, address: address) else { return }
        try await mailQueue.enqueue(message, in: connection)
    }

    /// For whoever asks, account or not.
    func request(_ purpose: LetterRequest.Purpose, to email: EmailAddress) async throws {
        try await JobStore(database.writer).enqueue(
            LetterRequest.job, payload: LetterRequest(purpose, to: email).payload(secrets))
    }

    package var letterJob: JobKind {
        JobKind(LetterRequest.job) { [self] job in
            guard let request = LetterRequest(job.payload, secrets) else {
                log.warning("the request for a letter cannot be opened: it was sealed with another data.key")
                return
            }
            try await answer(request)
        }
    }

    private func answer(_ request: LetterRequest) async throws {
        let now = clock.now()
        try await database.transaction { [self] transaction in
            guard let user = try await UserStore(queryable: transaction).lock(email: request.email), user.isActive
            else { return }
            switch request.purpose {
            case .verify:
                if !user.isEmailVerified { try await sendVerification(to: user, at: now, in: transaction) }
            case .reset:
                guard
                    let token = try await MailedTokenStore(queryable: transaction).issue(.reset, for: user.id, at: now)
                else { return }
                try await send(
                    .resetPassword(link: address.link("/reset", token: token.text)), to: user, in: transaction)
            case .locked(let client, let minutes):
                try await transaction.record(
                    AuditRecord(
                        .init("LOGIN_LOCKED"), module: "accounts", record: user.id.description, by: .system,
                        from: AuditRecord.Origin(address: client, userAgent: nil, requestID: nil)))
                try await send(.locked(address: client, minutes: minutes), to: user, in: transaction)
            }
        }
    }

    /// Says nothing when that address has been written to often enough.
    func sendVerification(to user: User, at now: Instant, in transaction: Transaction) async throws {
        guard let token = try await MailedTokenStore(queryable: transaction).issue(.verify, for: user.id, at: now)
        else {
            return
        }
        try await send(.verifyAddress(link: address.link("/verify", token: token.text)), to: user, in: transaction)
    }
}
