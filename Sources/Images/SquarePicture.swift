import CVips

/// A picture that somebody sent, cut to a square and made small: a face beside a name.
///
/// What comes from outside is recognised by its first bytes and read by one of three readers of libvips, all others
/// being switched off; its size is taken from its header before anything is unpacked.
package enum SquarePicture {
    package enum Problem: Error, Equatable {
        /// No JPEG, PNG or WebP.
        case unknownKind
        /// It says so, and is not.
        case damaged
        /// More pixels than a photograph has.
        case tooLarge
        /// It would take longer than `deadline`.
        case tooSlow
    }

    package static let maximumBytes = 2 << 20
    package static let maximumSide = 8000
    package static let maximumPixels = 40_000_000
    package static let deadline = Duration.seconds(5)

    private static let isStarted = purser_vips_start() == 0

    /// The picture as WebP, upright, without what the camera wrote into it. Slow: for a thread of a pool.
    ///
    /// - Parameter side: in pixels.
    package static func webP(of bytes: [UInt8], side: Int) throws(Problem) -> [UInt8] {
        guard let kind = kind(of: bytes) else { throw .unknownKind }
        guard isStarted else { throw .damaged }
        var out: UnsafeMutableRawPointer?
        var length = 0
        let result = bytes.withUnsafeBytes {
            purser_vips_square(
                $0.baseAddress, $0.count, Int32(kind.rawValue), Int32(side), Int32(maximumSide),
                Int64(maximumPixels), deadline.components.seconds * 1_000_000, &out, &length)
        }
        defer { if let out { purser_vips_free(out) } }
        switch UInt32(result) {
        case PURSER_PICTURE_DONE.rawValue:
            guard let out else { throw .damaged }
            return Array(UnsafeRawBufferPointer(start: out, count: length))
        case PURSER_PICTURE_TOO_LARGE.rawValue: throw .tooLarge
        case PURSER_PICTURE_TOO_SLOW.rawValue: throw .tooSlow
        default: throw .damaged
        }
    }

    private static func kind(of bytes: [UInt8]) -> purser_picture_kind? {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return PURSER_PICTURE_JPEG }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return PURSER_PICTURE_PNG }
        if bytes.starts(with: Array("RIFF".utf8)), bytes.count > 12, bytes[8..<12].elementsEqual("WEBP".utf8) {
            return PURSER_PICTURE_WEBP
        }
        return nil
    }
}
