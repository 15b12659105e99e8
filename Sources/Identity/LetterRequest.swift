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
        /// Where only the link in a letter makes an account.
        case register(PendingRegistration)
    }

    let purpose: Purpose
    let email: EmailAddress

    static let job = "account.letter"

    /// Sealed: people type passwords into the field for the address.
    func payload(_ secrets: SecretBox) -> [UInt8] {
        SealedPayload(Self.job, secrets: secrets).sealed { writer in
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
            case .register(let pending):
                writer.string("register")
                writer.key("registration")
                writer.beginObject()
                pending.write(to: &writer)
                writer.endObject()
            }
        }
    }

    init(_ purpose: Purpose, to email: EmailAddress) {
        self.purpose = purpose
        self.email = email
    }

    /// Nil for what was sealed under a key that is gone.
    init?(_ payload: JSONValue, _ secrets: SecretBox) {
        guard let request = SealedPayload(Self.job, secrets: secrets).opened(payload),
            let email = request["email"]?.string.flatMap({ try? EmailAddress($0) })
        else { return nil }
        self.email = email
        switch request["purpose"]?.string {
        case "verify": purpose = .verify
        case "reset": purpose = .reset
        case "locked":
            purpose = .locked(client: request["client"]?.string ?? "", minutes: request["minutes"]?.int ?? 0)
        case "register":
            guard let pending = request["registration"].flatMap({ PendingRegistration($0) }) else { return nil }
            purpose = .register(pending)
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
            if case .register(let pending) = request.purpose {
                return try await answer(pending, at: now, in: transaction)
            }
            guard let user = try await UserStore(queryable: transaction).lock(email: request.email), user.isActive
            else { return }
            switch request.purpose {
            case .register: return
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
