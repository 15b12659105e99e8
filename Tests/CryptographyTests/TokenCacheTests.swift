import Base
import Cryptography
import TestSupport
import Testing

@Suite struct `The cache of verified tokens` {
    @Test func `gives back what a token said until it expires`() {
        let cache = VerifiedTokenCache<Int>(capacity: 100)
        cache.insert(7, for: "a.b.c", expiresAt: 100, at: 50)
        #expect(cache.value(for: "a.b.c", at: 99) == 7)
        #expect(cache.value(for: "a.b.d", at: 99) == nil)
        #expect(cache.value(for: "a.b.c", at: 100) == nil)
        #expect(cache.count == 0)
        cache.insert(8, for: "a.b.c", expiresAt: 100, at: 100)
        #expect(cache.count == 0)
    }

    @Test func `never mistakes one token for another`() {
        let cache = VerifiedTokenCache<Int>(capacity: 4096)
        var generator = SeededGenerator(seed: 3)
        var known: [String: Int] = [:]
        for number in 0..<20_000 {
            let token = "token-\(UInt16.random(in: .min ... .max, using: &generator))"
            if let found = cache.value(for: token, at: 1) { #expect(found == known[token]) }
            known[token] = number
            cache.insert(number, for: token, expiresAt: 10, at: 1)
            #expect(cache.value(for: token, at: 1) == number)
        }
        #expect(cache.count <= 4096)
    }

    @Test func `is bounded in count and in the size of a token`() {
        let cache = VerifiedTokenCache<Int>(capacity: 64, tokenLimit: 10)
        for number in 0..<10_000 { cache.insert(number, for: "t\(number)", expiresAt: Int64(number), at: -1) }
        #expect(cache.count <= 64)
        #expect(cache.count > 32)
        let before = cache.count
        cache.insert(1, for: "12345678901", expiresAt: 5, at: 0)
        #expect(cache.count == before)
    }

    @Test func `forgets what it is told to`() {
        let cache = VerifiedTokenCache<Int>(capacity: 1000)
        for number in 0..<100 { cache.insert(number % 10, for: "t\(number)", expiresAt: 100, at: 0) }
        cache.removeAll { $0 == 3 }
        #expect(cache.value(for: "t13", at: 0) == nil)
        #expect(cache.value(for: "t14", at: 0) == 4)
    }

    @Test func `serves many threads at once`() async {
        let cache = VerifiedTokenCache<String>(capacity: 256)
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for step in 0..<5000 {
                        let token = "t\((step * 7 + worker) % 300)"
                        if let value = cache.value(for: token, at: 0) {
                            #expect(value == token)
                        } else {
                            cache.insert(token, for: token, expiresAt: 9, at: 0)
                        }
                    }
                }
            }
        }
    }
}
