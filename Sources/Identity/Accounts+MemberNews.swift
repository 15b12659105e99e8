import Base
import Books
import Database
import HTTP
import JSON
import Jobs
import Outbound

/// Letters to those whom a change among a book's members concerns, unless they want none.
extension Accounts {
    package static let memberEvents: [EventName] = [
        .memberAdded, .memberChanged, .memberRemoved, .bookTransferred,
    ]

    package var memberNewsJob: JobKind {
        JobKind("account.member-news") { [self] job in try await tellMembers(of: job.payload) }
    }

    private func tellMembers(of event: JSONValue) async throws {
        guard let name = event["type"]?.string.map({ EventName($0) }), let data = event["data"],
            let book = event["bookId"]?.string.flatMap({ BookID($0) }),
            let member = data["userId"]?.string.flatMap({ UserID($0) })
        else { return }
        let actor = event["metadata"]?["userId"]?.string.flatMap { UserID($0) }
        // What they do themselves they know.
        guard name == .memberAdded || actor != member else { return }
        try await database.transaction { [self] transaction in
            guard let facts = try await MemberNewsStore(transaction).facts(of: member, in: book) else { return }
            var reader = member
            let news: Letter.MemberNews
            switch name {
            case .memberAdded:
                guard let inviter = facts.inviter else { return }
                reader = inviter
                news = .joined(name: facts.name, book: facts.book)
            case .memberChanged:
                // Of two changes the letter tells the last; of one who has gone meanwhile, another does.
                guard let role = facts.role else { return }
                news = .roleChanged(
                    book: facts.book,
                    role: facts.hasOwnRole ? .other : Letter.BookPart(rawValue: role.rawValue) ?? .other)
            case .memberRemoved: news = .removed(book: facts.book)
            default: news = .given(book: facts.book)
            }
            guard let user = try await UserStore(queryable: transaction).find(reader), user.isActive,
                user.isEmailVerified, try await wantsMemberNews(reader, transaction)
            else { return }
            try await send(.members(news), to: user, in: transaction)
        }
    }

    private func wantsMemberNews(_ user: UserID, _ connection: any Queryable) async throws -> Bool {
        let stored = try await ProfileStore(connection: connection).chosen(by: user).notifications
        let told = PreferenceSet.notifications.values(stored)
        return told["emailEnabled"]?.bool == true && told["preferences"]?["members"]?.bool == true
    }
}
