import Glibc
import Synchronization

extension Identifier {
    /// A UUIDv7 (RFC 9562) of this instant. Ids of one instant are in no particular order.
    package static func generate(
        at instant: Instant, using generator: inout some RandomNumberGenerator
    ) -> Identifier {
        let first = UInt64.random(in: .min ... .max, using: &generator)
        let second = UInt64.random(in: .min ... .max, using: &generator)
        return Identifier(VersionSeven(milliseconds: instant.milliseconds, first, second))
    }

    /// A new UUIDv7 that is greater than every one made before by this process, so that rows land at the end of
    /// their index and ids order as they were made.
    package static func new() -> Identifier {
        Identifier(VersionSeven.next())
    }

    private init(_ value: VersionSeven) {
        self.init(high: value.high, low: value.low)
    }
}

/// 48 bits of milliseconds, then 74 random bits around the version and the variant.
private struct VersionSeven {
    var milliseconds: UInt64
    var upper: UInt64  // 12 bits
    var lower: UInt64  // 62 bits

    init(milliseconds: Int64, _ first: UInt64, _ second: UInt64) {
        self.milliseconds = UInt64(max(milliseconds, 0)) & 0xFFFF_FFFF_FFFF
        upper = first & 0xFFF
        lower = second & 0x3FFF_FFFF_FFFF_FFFF
    }

    var high: UInt64 { milliseconds << 16 | 0x7000 | upper }
    var low: UInt64 { 0x8000_0000_0000_0000 | lower }

    private static let last = Mutex(VersionSeven(milliseconds: 0, 0, 0))

    static func next() -> VersionSeven {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        let first = UInt64.random(in: .min ... .max)
        let second = UInt64.random(in: .min ... .max)
        return last.withLock { last in
            var next = VersionSeven(milliseconds: now, first, second)
            if next.milliseconds <= last.milliseconds {
                // The same millisecond, or a clock that went back: a random step up from the last one.
                next = last
                next.advance(by: (first & 0xFFFF_FFFF) + 1)
            }
            last = next
            return next
        }
    }

    private mutating func advance(by step: UInt64) {
        lower += step
        guard lower > 0x3FFF_FFFF_FFFF_FFFF else { return }
        lower &= 0x3FFF_FFFF_FFFF_FFFF
        upper += 1
        guard upper > 0xFFF else { return }
        upper = 0
        milliseconds += 1
    }
}
