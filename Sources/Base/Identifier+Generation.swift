import Glibc
import Synchronization

extension Identifier {
    /// A UUIDv7 (RFC 9562) of this instant. Ids of one instant are in no particular order.
    public static func generate(
        at instant: Instant, using generator: inout some RandomNumberGenerator
    ) -> Identifier {
        let first = UInt64.random(in: .min ... .max, using: &generator)
        let second = UInt64.random(in: .min ... .max, using: &generator)
        return Identifier(VersionSeven(milliseconds: instant.milliseconds, first, second))
    }

    /// A new UUIDv7 that is greater than every one made before by this process, so that rows land at the end of
    /// their index and ids order as they were made.
    public static func new() -> Identifier {
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

    private struct Source: Sendable {
        var last = VersionSeven(milliseconds: 0, 0, 0)
        /// Randomness for many ids at once: the system call costs more than all the rest.
        var pool: [UInt64] = []

        mutating func random() -> UInt64 {
            if let word = pool.popLast() { return word }
            // 256 bytes are the most that getentropy gives in one call.
            pool = Array(repeating: 0, count: 32)
            let result = pool.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { getentropy($0, bytes.count) }
            }
            if result != 0 { pool = (0..<32).map { _ in UInt64.random(in: .min ... .max) } }
            return pool.removeLast()
        }
    }

    private static let source = Mutex(Source())

    static func next() -> VersionSeven {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        return source.withLock { source in
            var next = VersionSeven(milliseconds: now, source.random(), source.random())
            if next.milliseconds <= source.last.milliseconds {
                // The same millisecond, or a clock that went back: a random step up from the last one.
                let step = (next.lower & 0xFFFF_FFFF) + 1
                next = source.last
                next.advance(by: step)
            }
            source.last = next
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
