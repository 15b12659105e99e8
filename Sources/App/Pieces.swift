import HTTPServer
import Synchronization
import Transactions

/// Bytes in pieces, for one who takes them one after the other.
final class Pieces: Sendable {
    private let list: Mutex<[[UInt8]]>

    init(_ pieces: [[UInt8]]) { list = Mutex(pieces) }

    func add(_ piece: [UInt8]) { list.withLock { $0.append(piece) } }

    var joined: [UInt8] { list.withLock { Array($0.joined()) } }

    /// The next piece; nil when there is none left.
    var next: HTTPBody.Supply {
        { () async throws(HTTPBodyError) in self.list.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }
}

extension StatementFile {
    /// For sending it as a body.
    var pieces: HTTPBody.Supply {
        let place = Place()
        return { () async throws(HTTPBodyError) in
            do {
                let bytes = try await self.bytes(at: place.offset.withLock { $0 })
                place.offset.withLock { $0 += bytes.count }
                return bytes.isEmpty ? nil : bytes
            } catch {
                throw .disconnected
            }
        }
    }
}

private final class Place: Sendable {
    let offset = Mutex(0)
}
