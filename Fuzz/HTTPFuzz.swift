// Compiled together with Sources/HTTPServer/Wire by run.sh: the parser and the chunk decoder, without a socket.
//
// The first byte seeds how the rest is cut into pieces. What is read must not depend on the cuts, must lie inside the
// input, and must be something that the strict grammar allows.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 1 else { return 0 }
    let input = UnsafeRawBufferPointer(start: start + 1, count: count - 1)
    checkHead(input, seed: start.pointee)
    checkChunks(input, seed: start.pointee)
    var cuts = Cuts(seed: start.pointee &+ 2)
    fuzzFrames(input) { cuts.next() }
    return 0
}

/// In an optimised build a precondition says nothing before it ends the program.
private func check(_ condition: Bool, _ message: @autoclosure () -> String = "", line: UInt = #line) {
    if !condition { fatalError("line \(line): \(message())") }
}

private let limits = HeadLimits(headBytes: 512, fields: 12, targetBytes: 128, bodyBytes: 1 << 20)

private func checkHead(_ input: UnsafeRawBufferPointer, seed: UInt8) {
    var whole = HeadParser(limits: limits)
    let outcome = whole.parse(input)

    var pieces = HeadParser(limits: limits)
    var cuts = Cuts(seed: seed)
    var end = 0
    var last = HeadParser.Outcome.incomplete
    while end < input.count, last == .incomplete {
        end = min(input.count, end + cuts.next())
        // Memory of its own, so that reading past the end does not go unnoticed.
        last = [UInt8](input[..<end]).withUnsafeBytes { pieces.parse($0) }
    }
    check(last == outcome, "cut up, the head reads as \(last), whole as \(outcome)")
    check(last == .incomplete || whole.head == pieces.head, "cut up, the head has other parts")

    var again = whole
    again.reset()
    check(again.parse(input) == outcome, "a parser used before reads otherwise")

    switch outcome {
    case .incomplete:
        check(input.count < limits.headBytes + 8, "the limit on heads does not hold")
    case .refused(let refusal):
        check((400...599).contains(refusal.status))
    case .complete(let length):
        check(length <= min(input.count, limits.headBytes + 8))
        checkHead(whole.head, input, length)
    }
}

private func checkHead(_ head: ParsedHead, _ input: UnsafeRawBufferPointer, _ length: Int) {
    let ranges = [head.method, head.target, head.path] + head.fields.flatMap { [$0.name, $0.value] }
    for range in ranges { check(range.lower <= range.upper && range.upper <= length, "out of the head") }
    check(head.fields.count <= limits.fields)
    check(head.target.count <= limits.targetBytes)
    let bytes = input[..<length]
    check(bytes.suffix(4).elementsEqual([13, 10, 13, 10]))
    for (index, byte) in bytes.enumerated() where byte == 10 || byte == 13 {
        check(byte == 10 ? index > 0 && bytes[index - 1] == 13 : bytes[index + 1] == 10, "a bare CR or LF")
    }
    check(!bytes.contains(0), "NUL")
    check(head.fields.allSatisfy { $0.name.count > 0 })
    func count(_ name: StaticString) -> Int {
        head.fields.filter { input.matches($0.name, ignoringCase: name) }.count
    }
    check(count("host") <= 1 && (head.isHTTP10 || count("host") == 1), "not one Host")
    check(count("content-length") + count("transfer-encoding") <= 1, "two framings")
    if head.framing == .chunked { check(count("transfer-encoding") == 1 && !head.isHTTP10) }
    if case .length(let length) = head.framing { check(length > 0 && length <= limits.bodyBytes) }
}

private func checkChunks(_ input: UnsafeRawBufferPointer, seed: UInt8) {
    let whole = decode([input])
    var pieces: [UnsafeRawBufferPointer] = []
    var cuts = Cuts(seed: seed &+ 1)
    var start = 0
    while start < input.count {
        let end = min(input.count, start + cuts.next())
        pieces.append(UnsafeRawBufferPointer(rebasing: input[start..<end]))
        start = end
    }
    let cut = decode(pieces)
    check(whole == cut, "cut up, the chunks read as \(cut), whole as \(whole)")
    check(whole.data.count <= input.count)
}

private struct Decoded: Equatable {
    var data: [UInt8] = []
    var used = 0
    var end = ChunkedDecoder.Event.needsMore
}

private func decode(_ pieces: [UnsafeRawBufferPointer]) -> Decoded {
    var decoder = ChunkedDecoder()
    var result = Decoded()
    for piece in pieces {
        let bytes = [UInt8](piece)
        var index = 0
        bytes.withUnsafeBytes { bytes in
            while result.end == .needsMore {
                let before = index
                let event = decoder.next(bytes, at: &index)
                check(index >= before && index <= bytes.count)
                switch event {
                case .data(let range):
                    check(range.count > 0 && range.upper == index)
                    result.data += bytes[range.lower..<range.upper]
                case .needsMore:
                    check(index == bytes.count)
                    return
                case .end, .refused: result.end = event
                }
            }
        }
        result.used += index
        if result.end != .needsMore { break }
    }
    return result
}

private struct Cuts {
    private var state: UInt32
    init(seed: UInt8) { state = UInt32(seed) &* 2_654_435_761 &+ 1 }

    /// Mostly single bytes and short pieces.
    mutating func next() -> Int {
        state = state &* 1_664_525 &+ 1_013_904_223
        let value = Int(state >> 24)
        return value < 128 ? 1 : value < 240 ? value & 7 + 1 : value
    }
}
