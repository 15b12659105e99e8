import Base
import Cryptography
import Database
import HTTP
import Resources

package enum InvitationTag {}
package typealias InvitationID = Identifier<InvitationTag>

/// What an invitation's letter carries: whoever has it has the mailbox that it was sent to.
struct InvitationToken: Sendable {
    let text: String
    let hash: [UInt8]

    static func random() -> InvitationToken {
        let bytes = secureRandomBytes(32)
        return InvitationToken(text: Base64URL.encode(bytes), hash: SHA256.hash(bytes))
    }

    private init(text: String, hash: [UInt8]) {
        self.text = text
        self.hash = hash
    }

    /// Nil for what can be no token.
    init?(_ text: String) {
        guard text.utf8.count == 43, let bytes = Base64URL.decode(text.utf8), bytes.count == 32 else { return nil }
        self.init(text: text, hash: SHA256.hash(bytes))
    }
}

/// How somebody comes to an invitation: by the letter, or by its id when their account's address is confirmed.
enum InvitationKey: Sendable {
    case letter([UInt8])
    case id(InvitationID)

    /// - Throws: 404 as for one that is unknown, used, revoked or expired: they are not told apart.
    init(_ text: String?) throws(Refusal) {
        if let id = text.flatMap({ InvitationID($0) }) {
            self = .id(id)
        } else if let token = text.flatMap({ InvitationToken($0) }) {
            self = .letter(token.hash)
        } else {
            throw .invitationInvalid
        }
    }
}

enum InvitationLimits {
    static let open = 50
    static let anHour = 20
    static let days = 7
    /// Between two letters to the same address.
    static let minutesApart = 10
}

extension Refusal {
    static let invitationInvalid = Refusal(
        .notFound, "INVITATION_INVALID", "There is no such invitation, or it was answered, withdrawn or is too old.")
    static let wrongAccount = Refusal(
        .forbidden, "WRONG_ACCOUNT",
        "This invitation was sent to another address. Sign in with the account that has it.")
    static let alreadyMember = Refusal(
        .conflict, "ALREADY_MEMBER", "Somebody with this address is a member of the book already.",
        fields: [FieldError("email", "Somebody with this address is a member of the book already.")])
    static let alreadyInvited = Refusal(
        .conflict, "INVITED", "This address has an open invitation. Send it again, or withdraw it first.",
        fields: [FieldError("email", "This address has an open invitation.")])
    static let tooManyInvitations = Refusal(
        .conflict, "TOO_MANY_INVITATIONS",
        "The book has \(InvitationLimits.open) open invitations. Withdraw some, or wait for answers.")
    static let invitedTooOften = Refusal(
        .tooManyRequests, "TOO_MANY_INVITATIONS",
        "You have sent \(InvitationLimits.anHour) invitations within an hour. Try again later.", retryAfter: 3600)
    static let justSent = Refusal(
        .tooManyRequests, "SENT_JUST_NOW",
        "The letter was sent less than \(InvitationLimits.minutesApart) minutes ago. Wait for it a little.",
        retryAfter: InvitationLimits.minutesApart * 60)
}
