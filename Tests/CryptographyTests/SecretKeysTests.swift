import Base
import Foundation
import TestSupport
import Testing

@testable import Cryptography

@Suite struct `Secret keys` {
    @Test(arguments: SecretKeys.Purpose.allCases)
    func `are made once, for their owner's eyes only`(purpose: SecretKeys.Purpose) throws {
        try withTemporaryDirectory { directory in
            let first = try SecretKeys.load(purpose, directory: directory, now: 1000)
            #expect(try SecretKeys.load(purpose, directory: directory, now: 9000) == first)
            #expect(first.all == [first.current])
            #expect(first.current.id == 1)
            #expect(first.current.createdAt == nil)
            let path = "\(directory)/\(purpose.rawValue).key"
            #expect(try SecretFile.read(path)?.count == 32)
            #expect(
                try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func `of two purposes are different ones`() throws {
        try withTemporaryDirectory { directory in
            let data = try SecretKeys.load(.data, directory: directory, now: 1000)
            #expect(try SecretKeys.load(.session, directory: directory, now: 1000).current != data.current)
        }
    }

    @Test func `are exchanged a minute after a new one was made, even when the clock went back`() throws {
        try withTemporaryDirectory { directory in
            let old = try SecretKeys.load(.data, directory: directory, now: 1000)
            try SecretKeys.rotate(.data, directory: directory, now: 5000)
            let early = try SecretKeys.load(.data, directory: directory, now: 5059)
            #expect(early.current == old.current)
            #expect(early.isNewerComing)
            #expect(early.all.map(\.id) == [5000, 1])
            let late = try SecretKeys.load(.data, directory: directory, now: 5060)
            #expect(late.current.id == 5000)
            #expect(late.current.createdAt == Instant(secondsSinceEpoch: 5000))
            #expect(!late.isNewerComing)
            #expect(late.key(id: 1) == old.current)
            try SecretKeys.rotate(.data, directory: directory, now: 4000)
            #expect(try SecretKeys.load(.data, directory: directory, now: 5061).current.id == 5001)
        }
    }

    @Test func `that nothing needs go, and never the one that is used nor one that is coming`() throws {
        try withTemporaryDirectory { directory in
            _ = try SecretKeys.load(.data, directory: directory, now: 1000)
            for now in [Int64(2000), 3000, 4000] { try SecretKeys.rotate(.data, directory: directory, now: now) }
            let moved = try SecretKeys.retire(.data, except: [2000], directory: directory, now: 4010)
            #expect(moved == ["data.key"])
            #expect(FileManager.default.fileExists(atPath: directory + "/retired/data.key"))
            #expect(try SecretKeys.load(.data, directory: directory, now: 4010).all.map(\.id) == [4000, 3000, 2000])
            #expect(
                try SecretKeys.retire(.data, except: [], directory: directory, now: 4060) == [
                    "data-3000.key", "data-2000.key",
                ])
            #expect(try SecretKeys.retire(.data, except: [], directory: directory, now: 9999).isEmpty)
        }
    }

    @Test func `are read again by a running server, and seal and mark with the newest`() throws {
        try withTemporaryDirectory { directory in
            let ring = try SecretKeyRing(.data, directory: directory, now: 1000)
            let box = SecretBox(ring)
            let sealed = box.seal([1, 2, 3], context: [7])
            let mark = ring.mark([4])
            #expect(try !ring.reload(now: 1001))
            try SecretKeys.rotate(.data, directory: directory, now: 2000)
            #expect(try ring.reload(now: 2030))
            #expect(SecretBox.keyID(of: box.seal([1], context: [])) == 1)
            #expect(try ring.reload(now: 2060))
            #expect(SecretBox.keyID(of: box.seal([1], context: [])) == 2000)
            #expect(try box.open(sealed, context: [7]) == [1, 2, 3])
            #expect(ring.mark([4]) != mark)
            #expect(ring.marks([4]) == [ring.mark([4]), mark])
            #expect(SecretBox.keyID(of: [1, 0, 0]) == nil)
        }
    }

    /// A worker may open what a server has just sealed.
    @Test func `open what another process seals with a newer one, before they are read again`() throws {
        try withTemporaryDirectory { directory in
            let late = try SecretKeyRing(.data, directory: directory, now: 1000)
            try SecretKeys.rotate(.data, directory: directory, now: 2000)
            let early = SecretBox(try SecretKeyRing(.data, directory: directory, now: 2060))
            let sealed = early.seal([1, 2, 3], context: [7])
            #expect(SecretBox.keyID(of: sealed) == 2000)
            #expect(try SecretBox(late).open(sealed, context: [7]) == [1, 2, 3])
            #expect(late.keys.current.id == 1)
            // One that nobody has.
            let foreign = SecretBox(current: try #require(SecretKey(id: 77, bytes: [UInt8](repeating: 1, count: 32))))
            #expect(throws: SecretBox.CannotOpen()) {
                try SecretBox(late).open(foreign.seal([1], context: []), context: [])
            }
        }
    }

    @Test func `that are damaged, open to everybody or too many stop the start`() throws {
        try withTemporaryDirectory { directory in
            let ring = try SecretKeyRing(.session, directory: directory, now: 1000)
            try SecretFile.create([1, 2], at: directory + "/session-2000.key")
            #expect(
                throws: SecretFile.Failure.damaged(
                    path: directory + "/session-2000.key", reason: "expected 32 bytes, found 2")
            ) { try ring.reload(now: 3000) }
            #expect(ring.keys.all.count == 1)
            try FileManager.default.removeItem(atPath: directory + "/session-2000.key")
            for now in Int64(3000)..<3007 { try SecretKeys.rotate(.session, directory: directory, now: now) }
            #expect(throws: SecretFile.Failure.self) {
                try SecretKeys.rotate(.session, directory: directory, now: 4000)
            }
            #expect(try SecretKeys.load(.session, directory: directory, now: 4000).all.count == 8)
            // Names of nobody's are left alone.
            for name in ["session-x.key", "session-1.key", "session-.key", "session.key.bak", "sessions-5.key"] {
                try SecretFile.create([0], at: directory + "/" + name)
            }
            #expect(try SecretKeys.load(.session, directory: directory, now: 4000).all.count == 8)
            let path = directory + "/session.key"
            try FileManager.default.setAttributes([.posixPermissions: 0o604], ofItemAtPath: path)
            #expect(throws: SecretFile.Failure.readableByOthers(path: path)) {
                try SecretKeys.load(.session, directory: directory, now: 4000)
            }
        }
    }
}
