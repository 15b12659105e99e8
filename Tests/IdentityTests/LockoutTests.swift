import Base
import Testing

@testable import Identity

@Suite struct `Wrong passwords` {
    static let start = Instant(secondsSinceEpoch: 1_800_000_000)

    static func at(_ seconds: Int) -> Instant { start + .seconds(seconds) }

    @Test func `lock at the fifth within a quarter of an hour`() {
        var count = FailureCount(at: Self.start)
        for second in 0..<4 {
            count.fail(at: Self.at(second), policy: .pair)
            #expect(count.secondsLocked(at: Self.at(second)) == nil)
        }
        count.fail(at: Self.at(4), policy: .pair)
        #expect(count.secondsLocked(at: Self.at(4)) == 900)
        #expect(count.secondsLocked(at: Self.at(903)) == 1)
        #expect(count.secondsLocked(at: Self.at(904)) == nil)
    }

    @Test func `that are spread out do not lock`() {
        var count = FailureCount(at: Self.start)
        for step in 0..<100 {
            count.fail(at: Self.at(step * 300), policy: .pair)
            #expect(count.secondsLocked(at: Self.at(step * 300)) == nil)
        }
    }

    @Test func `lock for twice as long each time, up to a day`() {
        var count = FailureCount(at: Self.start)
        var now = 0
        var lengths: [Int] = []
        for _ in 0..<10 {
            while count.secondsLocked(at: Self.at(now)) == nil { count.fail(at: Self.at(now), policy: .pair) }
            let length = count.secondsLocked(at: Self.at(now)) ?? 0
            lengths.append(length)
            now += length
        }
        // From the day-long lock on everything is forgiven when it ends, and it begins anew.
        #expect(Array(lengths.prefix(8)) == [900, 1800, 3600, 7200, 14400, 28800, 57600, 86400])
        #expect(lengths[8] == 900)
    }

    @Test func `while locked change nothing`() {
        var count = FailureCount(at: Self.start)
        for _ in 0..<5 { count.fail(at: Self.start, policy: .pair) }
        let locked = count
        for second in 0..<100 { count.fail(at: Self.at(second), policy: .pair) }
        #expect(count == locked)
    }

    @Test func `from everywhere slow an account down, at most to a minute a guess`() {
        var count = FailureCount(at: Self.start)
        var now = 0
        var longest = 0
        for _ in 0..<100 {
            count.fail(at: Self.at(now), policy: .account)
            let length = count.secondsLocked(at: Self.at(now)) ?? 0
            longest = max(longest, length)
            now += length
        }
        #expect(longest == 60)
        #expect(now > 60 * 50)
    }

    @Test func `of an account do not shut out a network that it knows`() {
        var account = FailureCount(at: Self.start)
        for _ in 0..<100 { account.fail(at: Self.start, policy: .account) }
        let failures = LoginRecord.Failures(pair: nil, account: account)
        #expect(failures.secondsLocked(knownNetwork: false, at: Self.start) != nil)
        #expect(failures.secondsLocked(knownNetwork: true, at: Self.start) == nil)
    }

    @Test func `are counted for each account and network apart`() throws {
        let ada = try EmailAddress("ada@example.org")
        let zoe = try EmailAddress("zoe@example.org")
        let here = FailureKeys(email: ada, network: "192.0.2.1")
        #expect(here.pair != FailureKeys(email: ada, network: "192.0.2.2").pair)
        #expect(here.account == FailureKeys(email: ada, network: "192.0.2.2").account)
        #expect(here.pair != FailureKeys(email: zoe, network: "192.0.2.1").pair)
        #expect(here.pair.count == 32)
    }
}

@Suite struct `A client's network` {
    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("unix", "unix"), ("2001:db8:1:2:3:4:5:6", "20010db800010002/64"),
        ("2001:db8:1:2::1", "20010db800010002/64"), ("2001:db8:1:3::1", "20010db800010003/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"), ("::1", "0000000000000000/64"), ("not:an:address", "not:an:address"),
    ])
    func `is its address, or the first half of an IPv6 one`(address: String, network: String) {
        #expect(Client(address: address, userAgent: nil).network == network)
    }

    @Test func `and its agent are bounded and without control characters`() {
        let client = Client(
            address: String(repeating: "a", count: 1000), userAgent: "x\r\n\u{0}y" + String(repeating: "z", count: 1000)
        )
        #expect(client.address.count == 64)
        #expect(client.userAgent?.hasPrefix("xyz") == true)
        #expect(client.userAgent?.count == 400)
    }
}
